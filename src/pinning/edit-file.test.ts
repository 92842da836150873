import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { DeclaredFile } from '../declared/declared.ts';
import { pinImageField } from '../manifests/edit-image-field.ts';
import { findImageFields } from '../manifests/find-image-fields.ts';
import { digestOf } from '../reference/digest.ts';
import { parseReference, withDigest } from '../reference/reference.ts';
import { editFile, type WantedEdit } from './edit-file.ts';

/** A different digest for each reference. */
const digestFor = (reference: string): ReturnType<typeof digestOf> => digestOf(Buffer.from(reference));

function fileOf(text: string): DeclaredFile {
  return {
    file: 'values.yaml',
    path: '/values.yaml',
    text,
    ...findImageFields(text, { fileName: 'values.yaml' }),
  };
}

function pinsOf(file: DeclaredFile): readonly WantedEdit[] {
  return file.fields
    .filter((field) => field.confidence !== 'possible')
    .map((field) => {
      const digest = digestFor(field.reference);
      const to = withDigest(parseReference(field.reference), digest).original;
      return { field, to, outcome: pinImageField(file.text, field, digest) };
    });
}

describe('editing a file', () => {
  it('refuses edits that would change what another field says, and does the others', () => {
    const shared = 'base: &base\n  digest: ""\n';
    const one = 'a:\n  image:\n    <<: *base\n    repository: o/a\n    tag: v1\n';
    const two = 'b:\n  image:\n    <<: *base\n    repository: o/b\n    tag: v2\n';
    const file = fileOf(`${shared}${one}${two}c:\n  image: quay.io/o/c:v3\n`);
    const edited = editFile(file, pinsOf(file));
    assert.equal(
      edited.text,
      `${shared}${one}${two}c:\n  image: quay.io/o/c:v3@${digestFor('quay.io/o/c:v3')}\n`,
    );
    assert.deepEqual(
      edited.done.map((wanted) => wanted.field.reference),
      ['quay.io/o/c:v3'],
    );
    assert.deepEqual(
      edited.refused.map(({ wanted, refusal }) => [wanted.field.reference, refusal.reason]),
      [
        ['o/a:v1', 'unverified'],
        ['o/b:v2', 'unverified'],
      ],
    );
  });

  it('refuses an edit that would break the file', () => {
    const file = fileOf('a:\n  image: quay.io/o/a:v1\nb:\n  image: quay.io/o/b:v2\n');
    const [first, second] = pinsOf(file);
    assert.ok(first && second);
    const breaking = { start: 0, end: 1, text: '"' };
    const edited = editFile(file, [{ ...first, outcome: { kind: 'edited', edits: [breaking] } }, second]);
    assert.deepEqual(
      edited.refused.map(({ refusal }) => refusal.reason),
      ['unverified'],
    );
    assert.equal(edited.text, file.text.replace('b:v2', `b:v2@${digestFor('quay.io/o/b:v2')}`));
  });

  it('refuses two edits that want one place to be different', () => {
    const file = fileOf('a:\n  image: quay.io/o/a:v1\n');
    const [first] = pinsOf(file);
    assert.ok(first && first.outcome.kind === 'edited');
    const [edit] = first.outcome.edits;
    assert.ok(edit);
    const rival = { ...first, outcome: { kind: 'edited' as const, edits: [{ ...edit, text: '@other' }] } };
    const edited = editFile(file, [first, rival]);
    assert.deepEqual(edited.done, [first]);
    assert.deepEqual(
      edited.refused.map(({ refusal }) => refusal.reason),
      ['overlap'],
    );
  });
});
