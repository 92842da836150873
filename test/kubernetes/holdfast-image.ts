/**
 * Builds the image of the Dockerfile and pushes it, with buildah. The image it begins with cannot be fetched where
 * there is no registry, so one with the same in it is put together here: this Node and its libraries, npm, a shell.
 */
import { cpSync, mkdirSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findTool, runTool, type Tool } from '../tools.ts';
import { makeWorkFolder } from '../work-folder.ts';

export type ImageTools = {
  readonly buildah: Tool;
  readonly busybox: Tool;
  readonly npm: Tool;
  readonly missing: false | string;
};

export type HoldfastImage = {
  /** A stage of the Dockerfile. */
  readonly target: 'holdfast' | 'reflector';
  /** `HOST:PORT/REPOSITORY:TAG` of a registry without TLS. */
  readonly reference: string;
};

const root = fileURLToPath(new URL('../..', import.meta.url));
const base = 'localhost/node-of-the-test';

/** Where the machine's own authorities are, which may include the one of a proxy before npm's registry. */
const authorities = '/etc/ssl/certs/ca-certificates.crt';

/** @throws Error where one is missing and `CI=true` */
export function findImageTools(): ImageTools {
  const [buildah, busybox, npm] = [findTool('buildah'), findTool('busybox', ['/bin']), findTool('npm')];
  return { buildah, busybox, npm, missing: buildah.missing || busybox.missing || npm.missing };
}

/** @throws Error with buildah's words where a step fails */
export async function buildHoldfastImages(
  tools: ImageTools,
  images: readonly HoldfastImage[],
): Promise<void> {
  const folder = makeWorkFolder('image');
  // Overlays cannot be mounted everywhere, and have to be unmounted.
  const storage = [
    '--storage-driver',
    'vfs',
    '--root',
    join(folder, 'storage'),
    '--runroot',
    join(folder, 'run'),
  ];
  const buildah = async (...words: readonly string[]) => {
    const env = { ...process.env, TMPDIR: folder };
    const { status, stdout, stderr } = await runTool(tools.buildah, [...storage, ...words], {
      cwd: root,
      env,
    });
    if (status !== 0) {
      throw new Error(`buildah ${words.join(' ')}:\n${stdout.slice(-3000)}${stderr.slice(-3000)}`);
    }
  };
  const build = (...words: readonly string[]) => buildah('build', '--isolation', 'chroot', ...words);
  try {
    await makeBase(tools, join(folder, 'base'));
    await build('--tag', base, join(folder, 'base'));
    for (const { target, reference } of images) {
      await build('--build-arg', `NODE_IMAGE=${base}`, '--target', target, '--tag', reference, root);
      await buildah('push', '--tls-verify=false', reference, `docker://${reference}`);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The context of a build `FROM scratch`. */
async function makeBase({ busybox, npm }: ImageTools, folder: string): Promise<void> {
  const files = join(folder, 'files');
  const put = (from: string, to: string) =>
    cpSync(from, join(files, to), { recursive: true, dereference: true });
  for (const name of ['bin', 'usr/bin', 'usr/local/bin', 'usr/local/lib', 'etc/ssl/certs', 'tmp']) {
    mkdirSync(join(files, name), { recursive: true });
  }
  put(process.execPath, 'usr/local/bin/node');
  const { stdout } = await runTool(findTool('ldd'), [process.execPath]);
  for (const [library] of stdout.matchAll(/\/\S+/g)) put(library, library);
  put(busybox.path, 'bin/busybox');
  const applets = (await runTool(busybox, ['--list'])).stdout.split('\n');
  for (const name of applets)
    if (name !== '' && name !== 'busybox') symlinkSync('busybox', join(files, 'bin', name));
  symlinkSync('/bin/env', join(files, 'usr/bin/env'));
  put(join(dirname(realpathSync(npm.path)), '..'), 'usr/local/lib/npm');
  symlinkSync('../lib/npm/bin/npm-cli.js', join(files, 'usr/local/bin/npm'));
  put(authorities, authorities);
  writeFileSync(
    join(folder, 'Dockerfile'),
    [
      'FROM scratch',
      'COPY files /',
      'ENV PATH=/usr/local/bin:/usr/bin:/bin',
      `ENV NODE_EXTRA_CA_CERTS=${authorities}`,
      '',
    ].join('\n'),
  );
}
