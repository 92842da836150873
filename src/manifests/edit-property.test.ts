import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { parse } from 'yaml';
import { editAll } from '../../test/manifest-texts.ts';
import { parseDigest } from '../reference/digest.ts';
import { pinImageField, unpinImageField } from './edit-image-field.ts';
import { findImageFields } from './find-image-fields.ts';

const digest = parseDigest(`sha256:${'c3'.repeat(32)}`);

const quote = fc.constantFrom('', "'", '"');
const lineEnd = fc.constantFrom('\n', '\r\n');
const trailing = fc.constantFrom(
  '',
  ' ',
  '\t# tab',
  ' # renovate: depName=a',
  '   # {"$imagepolicy": "a:b"}',
);
const repository = fc.constantFrom('nginx', 'ghcr.io/org/app', 'localhost:5000/a/b', 'quay.io/o/x_y.z');
const tag = fc.constantFrom('v1.2.3', '1.25.1', 'latest', 'v1.16-4.11-full', '16', '0.1');

/** A container, a split map or flow style, in any quotes, with anything behind it. */
const container = fc
  .record({ quote, repository, tag, trailing })
  .map(({ quote: q, repository: name, tag: t, trailing: end }) => [
    '  - name: a # first',
    `    image: ${q}${name}:${t}${q}${end}`,
    '    args: [--v=2 ,   "x" ]',
  ]);
const flow = fc
  .record({ quote, repository, tag })
  .map(({ quote: q, repository: name, tag: t }) => [
    `  - {name: b,  image: ${q}${name}:${t}${q} , tty: true}`,
  ]);
const block = fc
  .record({ style: fc.constantFrom('|', '|-', '>', '>-'), repository, tag })
  .map(({ style, repository: name, tag: t }) => ['  - name: c', `    image: ${style}`, `      ${name}:${t}`]);

const document = fc
  .array(fc.oneof(container, flow, block), { minLength: 1, maxLength: 5 })
  .map((items) => [
    'apiVersion: v1',
    'kind: Pod',
    'metadata: {name:   x}   # spaced oddly',
    'spec:',
    '  containers:',
    ...items.flat(),
  ]);

const file = fc
  .record({
    documents: fc.array(document, { minLength: 1, maxLength: 3 }),
    lineEnd,
    bom: fc.boolean(),
    finalLineEnd: fc.boolean(),
  })
  .map(({ documents, lineEnd: end, bom, finalLineEnd }) => {
    const text = documents.map((lines) => lines.join(end)).join(`${end}---${end}# between${end}`);
    return `${bom ? '\uFEFF' : ''}${text}${finalLineEnd ? end : ''}`;
  });

describe('pinning any file', () => {
  it('changes the references alone, once, and unpin gives the bytes back', () => {
    const property = fc.property(file, (text) => {
      const pinned = editAll(text, 'a.yaml', (now, field) => pinImageField(now, field, digest));
      assert.equal(pinned.replaceAll(`@${digest}`, ''), text);
      assert.deepEqual(
        referencesOf(pinned),
        referencesOf(text).map((reference) => `${reference}@${digest}`),
      );
      assert.equal(
        editAll(pinned, 'a.yaml', (now, field) => pinImageField(now, field, digest)),
        pinned,
      );
      assert.equal(editAll(pinned, 'a.yaml', unpinImageField), text);
    });
    fc.assert(property, { numRuns: 150, seed: 7 });
  });

  it('leaves a split map that reads the same but for its digest', () => {
    const digestLine = fc.constantFrom(
      'digest: ""',
      "digest: ''",
      'digest:',
      'digest: ',
      'digest: # none',
      'digest: null',
      'digest: ~',
      'sha: ""',
      'pullPolicy: Always',
    );
    const map = fc.record({ quote, repository, tag, digestLine, lineEnd, trailing });
    const property = fc.property(
      map,
      ({ quote: q, repository: name, tag: t, digestLine: line, lineEnd: end, trailing: rest }) => {
        const lines = [
          'app:',
          '  image:',
          `    repository: ${name}`,
          `    tag: ${q}${t}${q}${rest}`,
          `    ${line}`,
          '',
        ];
        const text = lines.join(end);
        const pinned = editAll(text, 'a.yaml', (now, field) => pinImageField(now, field, digest));
        assert.notEqual(pinned, text);
        const [before, after] = [parse(text), parse(pinned)];
        assert.equal(after.app.image.repository, before.app.image.repository);
        assert.equal(referencesOf(pinned)[0], `${name}:${t}@${digest}`);
        assert.equal(editAll(pinned, 'a.yaml', unpinImageField), text);
      },
    );
    fc.assert(property, { numRuns: 200, seed: 7 });
  });
});

function referencesOf(text: string): readonly string[] {
  return findImageFields(text, { fileName: 'a.yaml' }).fields.map((field) => field.reference);
}
