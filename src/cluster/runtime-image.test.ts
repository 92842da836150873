import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseRuntimeImage } from './runtime-image.ts';

const hex = 'a1'.repeat(32);

const cases: readonly { name: string; given: string; expected: object | undefined }[] = [
  { name: 'nothing, while nothing was started', given: '', expected: undefined },
  {
    name: 'the digest containerd reports',
    given: `ghcr.io/kube-logging/fluentd@sha256:${hex}`,
    expected: { kind: 'repository-digest', registry: 'ghcr.io', path: 'kube-logging/fluentd' },
  },
  {
    name: "Docker's, behind its scheme",
    given: `docker-pullable://nginx@sha256:${hex}`,
    expected: { kind: 'repository-digest', registry: 'docker.io', path: 'library/nginx' },
  },
  {
    name: 'a name with port, tag and digest',
    given: `127.0.0.1:5055/app:1@sha256:${hex}`,
    expected: { kind: 'repository-digest', registry: '127.0.0.1:5055', path: 'app' },
  },
  {
    name: 'the config digest of a side-loaded image',
    given: `sha256:${hex}`,
    expected: { kind: 'image-id' },
  },
  {
    name: "the same behind Docker's scheme",
    given: `docker://sha256:${hex}`,
    expected: { kind: 'image-id' },
  },
  { name: 'the bare hex digits of CRI-O', given: hex, expected: { kind: 'image-id' } },
  { name: 'a name without digest', given: 'nginx:1.25', expected: { kind: 'unreadable' } },
  { name: 'a digest cut short', given: 'nginx@sha256:a1a1', expected: { kind: 'unreadable' } },
];

describe('what a runtime reports of a running image', () => {
  for (const { name, given, expected } of cases) {
    it(`reads ${name}`, () => {
      const image = parseRuntimeImage(given);
      const shown =
        image?.kind === 'repository-digest'
          ? { kind: image.kind, ...image.repository }
          : image && { kind: image.kind };
      assert.deepEqual(shown, expected);
    });
  }
});
