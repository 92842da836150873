import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { parsePlatform } from '../oci/platform.ts';
import { parseDigest } from '../reference/digest.ts';
import { parseReference } from '../reference/reference.ts';
import { parseTag } from '../reference/tag.ts';
import { LockError } from './errors.ts';
import { formatImagesLock } from './images-lock.ts';
import { type LockEntry, makeLock } from './lock.ts';
import { lockEntriesMax, lockSizeMax } from './lock-document.ts';
import { formatLockFile, parseLockFile } from './lock-file.ts';

const digest = parseDigest(`sha256:${'a'.repeat(64)}`);
const child = parseDigest(`sha256:${'b'.repeat(64)}`);

const full: LockEntry = {
  reference: parseReference('ghcr.io/kube-logging/fluentd:v1.16-4.11-full'),
  digest,
  mediaType: 'application/vnd.oci.image.index.v1+json',
  resolvedAt: Date.UTC(2026, 10, 21, 10, 49),
  from: 'ghcr.io',
  buildTag: parseTag('v1.16-4.11-full-build.169'),
  labels: { version: '1.20', source: 'https://example.org/a: #b' },
  platforms: [{ platform: parsePlatform('linux/arm64/v8'), digest: child }],
  replaced: [child],
};

const fullText = `# What content each image reference means. Written by "holdfast lock"; commit it.
# "holdfast pin" writes these digests into manifests, "holdfast lock --check" compares them offline.
version: 1
images:
  - reference: ghcr.io/kube-logging/fluentd:v1.16-4.11-full
    digest: ${digest}
    mediaType: application/vnd.oci.image.index.v1+json
    resolvedAt: 2026-11-21T10:49:00Z
    from: ghcr.io
    buildTag: v1.16-4.11-full-build.169
    labels:
      version: "1.20"
      source: "https://example.org/a: #b"
    platforms:
      - platform: linux/arm64/v8
        digest: ${child}
    replaced:
      - ${child}
  - reference: nginx
    digest: ${child}
`.replace('  - reference: nginx', '  - reference: nginx');

describe('the lock file', () => {
  it('is written in one order, whatever order entries come in', () => {
    const nginx: LockEntry = { reference: parseReference('nginx'), digest: child, platforms: [] };
    const orders = [
      [full, nginx],
      [nginx, full],
    ];
    const texts = orders.map((entries) => formatLockFile(makeLock(entries)));
    assert.equal(texts[0], texts[1]);
    assert.ok(texts[0]?.includes('- reference: nginx\n'), 'short names stay as written');
  });

  it('gives back what was written, and the same bytes again', () => {
    const text = formatLockFile(makeLock([full]));
    const { lock, format } = parseLockFile(text, 'holdfast.lock');
    assert.equal(format, 'holdfast');
    const [{ line, ...entry }] = lock.entries as [LockEntry];
    assert.deepEqual(entry, full);
    assert.equal(line, 5);
    assert.equal(formatLockFile(lock), text);
    assert.ok(fullText.startsWith(text), `expected\n${fullText}\ngot\n${text}`);
  });

  it('is empty where the file is', () => {
    assert.deepEqual(parseLockFile('# nothing\n', 'holdfast.lock').lock.entries, []);
  });

  const entry = `  - reference: nginx:1\n    digest: ${digest}\n`;
  const refusals: readonly { name: string; text: string; code: string; message: RegExp }[] = [
    {
      name: 'a lock file from tomorrow',
      text: 'version: 2\nimages: []\n',
      code: 'LOCK_NEWER',
      message: /version 2; this Holdfast knows versions up to 1/,
    },
    {
      name: 'conflict markers',
      text: `version: 1\nimages:\n<<<<<<< HEAD\n${entry}=======\n${entry}>>>>>>> other\n`,
      code: 'LOCK_CONFLICT',
      message: /a\.lock:3 has a merge conflict marker/,
    },
    {
      name: 'one reference twice, however it is spelled',
      text: `version: 1\nimages:\n${entry}${entry.replace('nginx', 'docker.io/library/nginx')}`,
      code: 'LOCK_DUPLICATE',
      message: /docker\.io\/library\/nginx:1 twice, in lines 3 and 5/,
    },
    {
      name: 'a digest that is none',
      text: `version: 1\nimages:\n${entry.replace('a'.repeat(64), 'A'.repeat(64))}`,
      code: 'LOCK_UNREADABLE',
      message: /a\.lock:3 is no lock file: not a digest: "sha256:AAA/,
    },
    {
      name: 'a reference that is none',
      text: `version: 1\nimages:\n${entry.replace('nginx:1', '"{{ image }}"')}`,
      code: 'LOCK_UNREADABLE',
      message: /not a reference/,
    },
    {
      name: 'no version',
      text: `images:\n${entry}`,
      code: 'LOCK_UNREADABLE',
      message: /expected version/,
    },
    {
      name: 'an entry without a digest',
      text: 'version: 1\nimages:\n  - reference: nginx:1\n',
      code: 'LOCK_UNREADABLE',
      message: /a\.lock:3 is no lock file: expected digest/,
    },
    {
      name: 'broken YAML',
      text: 'version: 1\nimages: [\n',
      code: 'LOCK_UNREADABLE',
      message: /a\.lock:3 is no lock file/,
    },
    { name: 'a list', text: '- a\n', code: 'LOCK_UNREADABLE', message: /expected a map at the top/ },
    {
      name: 'aliases, which a lock file has no use for',
      text: `version: 1\nimages:\n  - &a\n    reference: nginx:1\n    digest: ${digest}\n  - *a\n`,
      code: 'LOCK_UNREADABLE',
      message: /expected maps in the list/,
    },
    {
      name: 'a key twice in one entry',
      text: `version: 1\nimages:\n${entry}    digest: ${child}\n`,
      code: 'LOCK_UNREADABLE',
      message: /a\.lock:5 is no lock file/,
    },
    {
      name: 'nesting that would use up the stack',
      text: `version: 1\nimages: ${'['.repeat(100_000)}`,
      code: 'LOCK_TOO_LARGE',
      message: /a\.lock is too deep to be read/,
    },
    {
      name: 'a second document',
      text: `version: 1\nimages: []\n---\nversion: 1\n`,
      code: 'LOCK_UNREADABLE',
      message: /a\.lock:3 is no lock file: expected one YAML document/,
    },
    {
      name: 'a file over the limit',
      text: '#'.repeat(lockSizeMax + 1),
      code: 'LOCK_TOO_LARGE',
      message: /has more than/,
    },
    {
      name: 'more entries than the limit',
      text: `version: 1\nimages: [${'1,'.repeat(lockEntriesMax + 1)}]\n`,
      code: 'LOCK_TOO_LARGE',
      message: /images/,
    },
  ];
  for (const { name, text, code, message } of refusals) {
    it(`refuses ${name}`, () => {
      assert.throws(
        () => parseLockFile(text, 'a.lock'),
        (error) => {
          assert.ok(error instanceof LockError, String(error));
          assert.equal(error.code, code);
          assert.match(error.message, message);
          return true;
        },
      );
    });
  }

  it('gives back any entry, whatever a registry put into its labels', () => {
    const hex = fc.constantFrom('0', 'a', 'f').map((one) => one.repeat(64));
    const digests = hex.map((one) => parseDigest(`sha256:${one}`));
    const label = fc.oneof(
      fc.string({ unit: 'binary', minLength: 1, maxLength: 20 }),
      fc.constantFrom(
        '1.20',
        'null',
        '~',
        'a\n=======\nb',
        '---',
        '# no',
        '*a',
        'x: y',
        '\ttab',
        ' ',
        '\r\n',
        '\u0085',
      ),
    );
    const plainObject = { noNullPrototype: true };
    const entries = fc.record(
      {
        reference: fc.constantFrom('nginx', 'quay.io/o/app:1.20', `redis:7@${digest}`).map(parseReference),
        digest: digests,
        platforms: fc.array(
          digests.map((one) => ({ platform: parsePlatform('windows/amd64:10.0.1'), digest: one })),
        ),
        labels: fc.record({ version: label, source: label }, plainObject),
        mediaType: label,
      },
      plainObject,
    );
    const property = fc.property(fc.array(entries, { maxLength: 3 }), (list) => {
      const lock = makeLock(list);
      const text = formatLockFile(lock);
      const parsed = parseLockFile(text, 'a.lock').lock.entries.map(({ line: _line, ...entry }) => entry);
      assert.deepEqual(parsed, lock.entries);
    });
    fc.assert(property, { numRuns: 100, seed: 9 });
  });

  it('answers garbage with an error of its own and nothing else', () => {
    const garbage = fc.oneof(
      fc.string({ maxLength: 200 }),
      fc.string({ maxLength: 60 }).map((text) => `version: 1\nimages:\n  - reference: ${text}\n`),
      fc.nat(fullText.length).map((length) => fullText.slice(0, length)),
    );
    const property = fc.property(garbage, (text) => {
      try {
        parseLockFile(text, 'a.lock');
      } catch (error) {
        assert.ok(error instanceof LockError, String(error));
      }
    });
    fc.assert(property, { numRuns: 400, seed: 3 });
  });
});

describe("kbld's files", () => {
  const imagesLock = `---
apiVersion: imgpkg.carvel.dev/v1alpha1
images:
- annotations:
    kbld.carvel.dev/id: nginx:1.14.2
    kbld.carvel.dev/origins: |
      - resolved:
          tag: 1.14.2
          url: nginx:1.14.2
  image: index.docker.io/library/nginx@${digest}
kind: ImagesLock
`;

  it('are written as kbld writes them, and read', () => {
    const { lock, format } = parseLockFile(imagesLock, 'images.yml');
    assert.equal(format, 'kbld-imageslock');
    assert.deepEqual(
      lock.entries.map((one) => [one.reference.original, one.digest]),
      [['nginx:1.14.2', digest]],
    );
    assert.equal(formatImagesLock(lock), imagesLock);
  });

  it('keep where imgpkg copied an image to, and what others annotated', () => {
    const text = `---
apiVersion: imgpkg.carvel.dev/v1alpha1
images:
- annotations:
    kbld.carvel.dev/id: quay.io/o/b:v1
    kbld.carvel.dev/origins: |
      - git:
          remoteURL: git@example.org:o/b
  image: registry.example/bundle@${digest}
kind: ImagesLock
`;
    assert.equal(formatImagesLock(parseLockFile(text, 'images.yml').lock), text);
  });

  it('are read where an image has no id, and where it was moved to another registry', () => {
    const text = `apiVersion: imgpkg.carvel.dev/v1alpha1
kind: ImagesLock
images:
- image: registry.example/a@${digest}
- image: registry.example/b@${child}
  annotations: {kbld.carvel.dev/id: quay.io/o/b:v1}
`;
    const { lock } = parseLockFile(text, 'images.yml');
    assert.deepEqual(
      lock.entries.map((one) => [one.reference.original, one.digest]),
      [
        ['quay.io/o/b:v1', child],
        [`registry.example/a@${digest}`, digest],
      ],
    );
  });

  it('are read as a Config, where overrides are resolved', () => {
    const text = `apiVersion: kbld.k14s.io/v1alpha1
kind: Config
minimumRequiredVersion: 0.31.0
overrides:
- image: nginx:1.14.2
  newImage: index.docker.io/library/nginx@${digest}
  preresolved: true
- image: app
  newImage: registry.example/app
`;
    const { lock, format } = parseLockFile(text, 'kbld.lock.yml');
    assert.equal(format, 'kbld-config');
    assert.deepEqual(
      lock.entries.map((one) => [one.reference.original, one.digest]),
      [['nginx:1.14.2', digest]],
    );
  });

  it('are refused with their line where an image has no digest', () => {
    const text = 'apiVersion: imgpkg.carvel.dev/v1alpha1\nkind: ImagesLock\nimages:\n- image: nginx:1\n';
    assert.throws(
      () => parseLockFile(text, 'images.yml'),
      /images\.yml:4 .*expected a digest in image, got nginx:1/,
    );
  });
});
