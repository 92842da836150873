import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after } from 'node:test';
import { runCli } from '../src/cli/cli.ts';
import { type TestHostOptions, testHost } from './host.ts';

export const digest = `sha256:${'0123456789abcdef'.repeat(4)}`;

/** A small product: a base, an overlay, a chart, and a list of images. */
export const product: Readonly<Record<string, string>> = {
  'base/web.yaml': `apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  namespace: shop
spec:
  template:
    spec:
      initContainers:
        - name: wait
          image: busybox@${digest}
      containers:
        - name: web
          image: nginx:1.25
`,
  'overlay/kustomization.yaml': `apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources:
  - ../base
  - https://example.com/base.yaml
images:
  - name: nginx
    newTag: "1.27"
`,
  'chart/Chart.yaml': 'apiVersion: v2\nname: app\nversion: 1.0.0\n',
  'chart/values.yaml': 'image:\n  repository: ghcr.io/org/app\n  tag: v1.2\n',
  'images.txt': 'registry.k8s.io/pause:3.10\nnginx:1.25\n',
  'README.md': 'image: not/read:1\n',
};

let folder: string | undefined;
let trees = 0;
after(() => {
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
});

/** A new folder with these files, gone after the tests. */
export function makeTree(files: Readonly<Record<string, string | Uint8Array>>): string {
  folder ??= mkdtempSync(join(tmpdir(), 'holdfast-test-'));
  trees += 1;
  const root = join(folder, String(trees));
  mkdirSync(root);
  for (const [file, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, file)), { recursive: true });
    writeFileSync(join(root, file), content);
  }
  return root;
}

export type Outcome = { readonly status: number; readonly stdout: string; readonly stderr: string };

/** Runs `holdfast images WORDS`. */
export async function images(words: readonly string[], options: TestHostOptions = {}): Promise<Outcome> {
  const { host, stdout, stderr } = testHost(options);
  const status = await runCli(['images', ...words], host);
  return { status, stdout: stdout(), stderr: stderr() };
}

export type Listing = {
  readonly images: readonly Readonly<Record<string, unknown>>[];
  readonly problems: readonly Readonly<Record<string, unknown>>[];
};

/** Runs `holdfast images WORDS --output json`. */
export async function listImages(words: readonly string[], options: TestHostOptions = {}): Promise<Listing> {
  const { stdout } = await images([...words, '--output', 'json'], options);
  return JSON.parse(stdout) as Listing;
}
