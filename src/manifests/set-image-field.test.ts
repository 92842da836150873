import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { editAll, kustomization, pod, values } from '../../test/manifest-texts.ts';
import { parseDigest } from '../reference/digest.ts';
import { parseTag } from '../reference/tag.ts';
import { type ImageChange, pinImageField, setImageField } from './edit-image-field.ts';
import { findImageFields } from './find-image-fields.ts';

const digest = parseDigest(`sha256:${'a1'.repeat(32)}`);
const other = parseDigest(`sha256:${'b2'.repeat(32)}`);
const at = `@${digest}`;

describe('a field is refused rather than damaged', () => {
  const table: readonly { name: string; fileName?: string; before: string; reason: string }[] = [
    {
      name: 'a number that reads differently from how it is written',
      before: values('    repository: o/app\n    tag: 1.20\n'),
      reason: 'number',
    },
    {
      name: 'an exponent',
      before: values('    repository: o/app\n    tag: 1e3\n'),
      reason: 'number',
    },
    {
      name: 'an empty tag, for which the chart has its own',
      before: values('    repository: o/app\n    tag: ""\n'),
      reason: 'tag-missing',
    },
    {
      name: 'an empty tag beside a digest key',
      before: values('    repository: o/app\n    tag: ""\n    digest: ""\n'),
      reason: 'tag-missing',
    },
    {
      name: 'a tag that other places share',
      before: `version: &tag v1\n${values('    repository: o/app\n    tag: *tag\n')}`,
      reason: 'anchored',
    },
    {
      name: 'a scalar written with escapes',
      before: pod('"nginx\\u003a1.25"'),
      reason: 'not-literal',
    },
    {
      name: 'a kustomize entry without newTag',
      fileName: 'kustomization.yaml',
      before: kustomization('- name: nginx\n  newName: o/nginx\n'),
      reason: 'tag-missing',
    },
    {
      name: 'a kustomize entry whose newTag is an alias',
      fileName: 'kustomization.yaml',
      before: kustomization('- name: redis\n  newTag: &tag v1\n- name: nginx\n  newTag: *tag\n'),
      reason: 'anchored',
    },
    {
      name: 'a kustomize entry with a bare digest key',
      fileName: 'kustomization.yaml',
      before: kustomization('- name: nginx\n  newTag: v1\n  digest:\n'),
      reason: 'kustomize-shape',
    },
  ];
  for (const { name, before, reason, fileName = 'a.yaml' } of table) {
    it(name, () => {
      const fields = findImageFields(before, { fileName }).fields;
      const outcome = pinImageField(before, fields.at(-1) ?? assert.fail('no field found'), digest);
      assert.equal(outcome.kind, 'refused');
      assert.equal(outcome.kind === 'refused' && outcome.reason, reason);
    });
  }

  it('a sha512 digest under a sha key', () => {
    const before = values('    repository: o/app\n    tag: v1\n    sha: ""\n');
    const [field] = findImageFields(before, { fileName: 'a.yaml' }).fields;
    assert.ok(field);
    const outcome = pinImageField(before, field, parseDigest(`sha512:${'a'.repeat(128)}`));
    assert.equal(outcome.kind === 'refused' && outcome.reason, 'algorithm');
  });
});

describe('setting a field', () => {
  const table: readonly {
    name: string;
    fileName?: string;
    before: string;
    change: ImageChange;
    after: string;
  }[] = [
    {
      name: 'puts quotes around a tag that would become a number',
      before: values('    repository: o/app\n    tag: 1.2.3\n'),
      change: { tag: parseTag('1.20') },
      after: values('    repository: o/app\n    tag: "1.20"\n'),
    },
    {
      name: 'keeps the quotes there are',
      before: values("    repository: o/app\n    tag: '1.2.3'\n"),
      change: { tag: parseTag('true') },
      after: values("    repository: o/app\n    tag: 'true'\n"),
    },
    {
      name: 'leaves a tag plain that is text',
      before: values('    repository: o/app\n    tag: 1.2.3\n'),
      change: { tag: parseTag('v2') },
      after: values('    repository: o/app\n    tag: v2\n'),
    },
    {
      name: 'drops the digest of the tag before',
      before: pod(`nginx:1.25${at} # x`),
      change: { tag: parseTag('1.26') },
      after: pod('nginx:1.26 # x'),
    },
    {
      name: 'writes tag and digest into one scalar',
      before: pod(`nginx:1.25${at}`),
      change: { tag: parseTag('1.26'), digest: other },
      after: pod(`nginx:1.26@${other}`),
    },
    {
      name: 'writes tag and digest where the tag holds both',
      before: values(`    repository: o/app\n    tag: v1${at}\n`),
      change: { tag: parseTag('v2'), digest: other },
      after: values(`    repository: o/app\n    tag: v2@${other}\n`),
    },
    {
      name: 'writes tag and digest under their own keys',
      before: values(`    repository: o/app\n    tag: v1\n    digest: "${digest}"\n`),
      change: { tag: parseTag('v2'), digest: other },
      after: values(`    repository: o/app\n    tag: v2\n    digest: "${other}"\n`),
    },
    {
      name: 'changes the name and keeps tag and quotes',
      before: pod('"nginx:1.25"'),
      change: { name: 'mirror.example/nginx' },
      after: pod('"mirror.example/nginx:1.25"'),
    },
    {
      name: 'changes newTag of a kustomize entry',
      fileName: 'kustomization.yaml',
      before: kustomization('- name: nginx\n  newTag: 1.25.1 # x\n'),
      change: { tag: parseTag('1.26') },
      after: kustomization('- name: nginx\n  newTag: "1.26" # x\n'),
    },
  ];
  for (const { name, before, change, after, fileName = 'a.yaml' } of table) {
    it(name, () => {
      assert.equal(
        editAll(before, fileName, (text, field) => setImageField(text, field, change)),
        after,
      );
    });
  }
});
