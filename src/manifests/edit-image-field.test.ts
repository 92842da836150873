import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { editAll, kustomization, pod, values } from '../../test/manifest-texts.ts';
import { parseDigest } from '../reference/digest.ts';
import { pinImageField, unpinImageField } from './edit-image-field.ts';

const digest = parseDigest(`sha256:${'a1'.repeat(32)}`);
const other = parseDigest(`sha256:${'b2'.repeat(32)}`);
const at = `@${digest}`;
const hex = 'a1'.repeat(32);

type Case = {
  readonly name: string;
  readonly fileName?: string;
  readonly before: string;
  readonly pinned: string;
};

const cases: readonly Case[] = [
  { name: 'a plain scalar', before: pod('nginx:1.25'), pinned: pod(`nginx:1.25${at}`) },
  { name: 'a short name without a tag', before: pod('nginx'), pinned: pod(`nginx${at}`) },
  { name: 'single quotes', before: pod("'nginx:1.25'"), pinned: pod(`'nginx:1.25${at}'`) },
  { name: 'double quotes', before: pod('"nginx:1.25"'), pinned: pod(`"nginx:1.25${at}"`) },
  {
    name: 'a registry with a port',
    before: pod('localhost:5000/a/b:v1'),
    pinned: pod(`localhost:5000/a/b:v1${at}`),
  },
  {
    name: 'comments that other tools read, kept on their line',
    before: pod('ghcr.io/o/app:v1 # {"$imagepolicy": "flux-system:app"} renovate: x # ratchet:o/app:v1'),
    pinned: pod(`ghcr.io/o/app:v1${at} # {"$imagepolicy": "flux-system:app"} renovate: x # ratchet:o/app:v1`),
  },
  { name: 'a tab before a comment', before: pod('nginx:1.25\t# a'), pinned: pod(`nginx:1.25${at}\t# a`) },
  { name: 'space at the end of the line', before: pod('nginx:1.25  '), pinned: pod(`nginx:1.25${at}  `) },
  {
    name: 'CRLF line ends',
    before: pod('nginx:1.25').replaceAll('\n', '\r\n'),
    pinned: pod(`nginx:1.25${at}`).replaceAll('\n', '\r\n'),
  },
  {
    name: 'a byte order mark',
    before: `\uFEFF${pod('nginx:1.25')}`,
    pinned: `\uFEFF${pod(`nginx:1.25${at}`)}`,
  },
  {
    name: 'no final line end',
    before: pod('nginx:1.25').trimEnd(),
    pinned: pod(`nginx:1.25${at}`).trimEnd(),
  },
  {
    name: 'a literal block scalar',
    before: pod('|-\n      nginx:1.25'),
    pinned: pod(`|-\n      nginx:1.25${at}`),
  },
  {
    name: 'a folded block scalar with its line end',
    before: pod('>\n      nginx:1.25\n'),
    pinned: pod(`>\n      nginx:1.25${at}\n`),
  },
  {
    name: 'flow style without spaces',
    before: '{apiVersion: v1,kind: Pod,spec: {containers: [{name: a,image: nginx:1.25}]}}\n',
    pinned: `{apiVersion: v1,kind: Pod,spec: {containers: [{name: a,image: nginx:1.25${at}}]}}\n`,
  },
  {
    name: 'JSON',
    before: '{"apiVersion":"v1","kind":"Pod","spec":{"containers":[{"image":"nginx:1.25"}]}}',
    pinned: `{"apiVersion":"v1","kind":"Pod","spec":{"containers":[{"image":"nginx:1.25${at}"}]}}`,
  },
  {
    name: 'an anchor, once for all its aliases',
    before: pod('&image nginx:1.25', '  - name: b\n    image: *image\n'),
    pinned: pod(`&image nginx:1.25${at}`, '  - name: b\n    image: *image\n'),
  },
  {
    name: 'every document of a stream, and comments between them',
    before: `# one\n${pod('nginx:1.25')}---\n# only a comment\n---\n${pod('"redis:7"')}...\n`,
    pinned: `# one\n${pod(`nginx:1.25${at}`)}---\n# only a comment\n---\n${pod(`"redis:7${at}"`)}...\n`,
  },
  {
    name: 'an argument',
    before: pod('nginx:1.25', '    args:\n    - --reloader-image=quay.io/o/reloader:v0.9\n'),
    pinned: pod(`nginx:1.25${at}`, `    args:\n    - --reloader-image=quay.io/o/reloader:v0.9${at}\n`),
  },
  {
    name: 'an environment variable',
    before: pod('nginx:1.25', '    env:\n    - name: RELATED_IMAGE_APP\n      value: "quay.io/o/app:v2"\n'),
    pinned: pod(
      `nginx:1.25${at}`,
      `    env:\n    - name: RELATED_IMAGE_APP\n      value: "quay.io/o/app:v2${at}"\n`,
    ),
  },
  {
    name: 'a tag beside the repository, where the map has no digest key',
    before: values('    repository: ghcr.io/o/app\n    tag: v1.84.0\n    pullPolicy: Always\n'),
    pinned: values(`    repository: ghcr.io/o/app\n    tag: v1.84.0${at}\n    pullPolicy: Always\n`),
  },
  {
    name: 'a tag that is a number, in the digits it has',
    before: values('    repository: ghcr.io/o/app\n    tag: 16\n'),
    pinned: values(`    repository: ghcr.io/o/app\n    tag: 16${at}\n`),
  },
  {
    name: 'a tag that would be a number, in its quotes',
    before: values('    repository: ghcr.io/o/app\n    tag: "1.20"\n'),
    pinned: values(`    repository: ghcr.io/o/app\n    tag: "1.20${at}"\n`),
  },
  {
    name: 'an empty digest key in double quotes',
    before: values('    registry: docker.io\n    repository: o/app\n    tag: 1.2.3\n    digest: ""\n'),
    pinned: values(
      `    registry: docker.io\n    repository: o/app\n    tag: 1.2.3\n    digest: "${digest}"\n`,
    ),
  },
  {
    name: 'an empty digest key in single quotes',
    before: values("    repository: o/app\n    tag: 1.2.3\n    digest: '' # none\n"),
    pinned: values(`    repository: o/app\n    tag: 1.2.3\n    digest: '${digest}' # none\n`),
  },
  {
    name: 'a bare digest key',
    before: values('    repository: o/app\n    tag: 1.2.3\n    digest:\n'),
    pinned: values(`    repository: o/app\n    tag: 1.2.3\n    digest: ${digest}\n`),
  },
  {
    name: 'a bare digest key with space and comment behind it',
    before: values('    repository: o/app\n    tag: 1.2.3\n    digest:   # filled by CI\n'),
    pinned: values(`    repository: o/app\n    tag: 1.2.3\n    digest: ${digest}   # filled by CI\n`),
  },
  {
    name: 'a digest key that is null, beside which the tag takes it',
    before: values('    repository: o/app\n    tag: 1.2.3\n    digest: null\n'),
    pinned: values(`    repository: o/app\n    tag: 1.2.3${at}\n    digest: null\n`),
  },
  {
    name: 'a sha key, which takes the hex alone',
    before: values('    registry: docker.io\n    repository: o/app\n    tag: 1.2.3\n    sha: ""\n'),
    pinned: values(`    registry: docker.io\n    repository: o/app\n    tag: 1.2.3\n    sha: "${hex}"\n`),
  },
  {
    name: 'a kustomize digest line below newTag',
    fileName: 'kustomization.yaml',
    before: kustomization('- name: nginx\n  newTag: "1.25" # keep\n  newName: o/nginx\n'),
    pinned: kustomization(
      `- name: nginx\n  newTag: "1.25" # keep\n  digest: ${digest}\n  newName: o/nginx\n`,
    ),
  },
  {
    name: 'a map that is used again as a whole',
    before: 'a:\n  image: &image\n    repository: o/app\n    tag: v1\nb:\n  image: *image\n',
    pinned: `a:\n  image: &image\n    repository: o/app\n    tag: v1${at}\nb:\n  image: *image\n`,
  },
  {
    name: 'a kustomize digest line below a comment with a brace in it',
    fileName: 'kustomization.yaml',
    before: kustomization('- name: nginx\n  newTag: v1 # it, is } odd\n'),
    pinned: kustomization(`- name: nginx\n  newTag: v1 # it, is } odd\n  digest: ${digest}\n`),
  },
  {
    name: 'a kustomize digest line where newTag comes first',
    fileName: 'kustomization.yaml',
    before: kustomization('  - newTag: v1\n    name: ghcr.io/o/app\n'),
    pinned: kustomization(`  - newTag: v1\n    digest: ${digest}\n    name: ghcr.io/o/app\n`),
  },
  {
    name: 'a kustomize digest line at the end of a file without a final line end, with CRLF',
    fileName: 'kustomization.yaml',
    before: kustomization('- name: nginx\n  newTag: v1').replaceAll('\n', '\r\n'),
    pinned: kustomization(`- name: nginx\n  newTag: v1\n  digest: ${digest}`).replaceAll('\n', '\r\n'),
  },
  {
    name: 'a kustomize entry in flow style',
    fileName: 'kustomization.yaml',
    before: kustomization('- {name: nginx, newTag: v1, newName: o/nginx}\n- { newTag: "2", name: redis }\n'),
    pinned: kustomization(
      `- {name: nginx, newTag: v1, digest: ${digest}, newName: o/nginx}\n- { newTag: "2", digest: ${digest}, name: redis }\n`,
    ),
  },
  {
    name: 'a kustomize entry in JSON',
    fileName: 'kustomization.yaml',
    before: '{"kind":"Kustomization","images":[{"name":"nginx","newTag":"v1"}]}',
    pinned: `{"kind":"Kustomization","images":[{"name":"nginx","newTag":"v1", "digest": "${digest}"}]}`,
  },
  {
    name: 'an empty kustomize digest in quotes',
    fileName: 'kustomization.yaml',
    before: kustomization('- name: nginx\n  newTag: v1\n  digest: ""\n'),
    pinned: kustomization(`- name: nginx\n  newTag: v1\n  digest: "${digest}"\n`),
  },
  {
    name: 'a line of an image list',
    fileName: 'images.txt',
    before: '# images\ndocker.io/library/nginx:1.25\r\nquay.io/o/app:v1',
    pinned: `# images\ndocker.io/library/nginx:1.25${at}\r\nquay.io/o/app:v1${at}`,
  },
  {
    name: 'YAML inside a ConfigMap',
    before:
      'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\ndata:\n  pod.yaml: |\n    apiVersion: v1\n    kind: Pod\n    spec:\n      containers:\n      - image: nginx:1.25\n',
    pinned: `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\ndata:\n  pod.yaml: |\n    apiVersion: v1\n    kind: Pod\n    spec:\n      containers:\n      - image: nginx:1.25${at}\n`,
  },
  {
    name: 'JSON inside a double-quoted ConfigMap value',
    before:
      'apiVersion: v1\nkind: ConfigMap\ndata:\n  pod.json: "{\\"kind\\": \\"Pod\\", \\"apiVersion\\": \\"v1\\", \\"spec\\": {\\"containers\\": [{\\"image\\": \\"nginx:1.25\\"}]}}"\n',
    pinned: `apiVersion: v1\nkind: ConfigMap\ndata:\n  pod.json: "{\\"kind\\": \\"Pod\\", \\"apiVersion\\": \\"v1\\", \\"spec\\": {\\"containers\\": [{\\"image\\": \\"nginx:1.25${at}\\"}]}}"\n`,
  },
];

describe('pinning an image field changes nothing but', () => {
  for (const { name, before, pinned, fileName = 'a.yaml' } of cases) {
    it(name, () => {
      const after = editAll(before, fileName, (text, field) => pinImageField(text, field, digest));
      assert.equal(after, pinned);
      const again = editAll(after, fileName, (text, field) => pinImageField(text, field, digest));
      assert.equal(again, pinned, 'twice equals once');
      assert.equal(editAll(after, fileName, unpinImageField), before, 'unpin gives the bytes back');
      const replaced = editAll(after, fileName, (text, field) => pinImageField(text, field, other));
      const expected = pinned.replaceAll(digest, other).replaceAll(hex, 'b2'.repeat(32));
      assert.equal(replaced, expected, 'another digest takes the place of the first');
    });
  }
});
