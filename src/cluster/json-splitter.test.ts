import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { objectBytesMax } from './byte-pieces.ts';
import { ClusterError } from './errors.ts';
import { type JsonPart, JsonSplitter } from './json-splitter.ts';

/** Feeds the text in pieces of this many bytes. */
function split(text: string, pieceBytes = 7): readonly JsonPart[] {
  const splitter = new JsonSplitter();
  const bytes = Buffer.from(text);
  const parts: JsonPart[] = [];
  for (let at = 0; at < bytes.length; at += pieceBytes) {
    parts.push(...splitter.push(bytes.subarray(at, at + pieceBytes)));
  }
  return [...parts, ...splitter.end()];
}

function itemsOf(parts: readonly JsonPart[]): readonly unknown[] {
  return parts.flatMap((part) => (part.kind === 'item' ? [part.value] : []));
}

const cases: readonly { name: string; given: string; expected: readonly JsonPart[] }[] = [
  { name: 'nothing in white space', given: ' \r\n\t', expected: [] },
  {
    name: 'a single object as a document',
    given: '{"kind":"Pod","spec":{"items":[1,2]}}',
    expected: [{ kind: 'document', value: { kind: 'Pod', spec: { items: [1, 2] } } }],
  },
  {
    name: 'a list item by item, with the kind that stands before the items',
    given: '{"kind":"PodList","items":[{"a":1}, {"b":{"items":[]}}],"metadata":{"continue":"x"}}',
    expected: [
      { kind: 'item', value: { a: 1 }, listKind: 'PodList' },
      { kind: 'item', value: { b: { items: [] } }, listKind: 'PodList' },
      { kind: 'document', value: { kind: 'PodList', items: [], metadata: { continue: 'x' } } },
    ],
  },
  {
    name: 'documents one after another',
    given: '{"a":"}"}\n{"b":"\\"{"}',
    expected: [
      { kind: 'document', value: { a: '}' } },
      { kind: 'document', value: { b: '"{' } },
    ],
  },
  {
    name: 'a bare array as items',
    given: '[{"a":1},{"b":2}]',
    expected: [
      { kind: 'item', value: { a: 1 }, listKind: '' },
      { kind: 'item', value: { b: 2 }, listKind: '' },
    ],
  },
  {
    name: 'container logs between documents as nothing, whatever stands in them',
    given:
      '{"a":1}\n==== START logs for container c of pod n/p ====\n{"not": [json\n' +
      'no line end==== END logs for container c of pod n/p ====\n{"b":2}',
    expected: [
      { kind: 'document', value: { a: 1 } },
      { kind: 'document', value: { b: 2 } },
    ],
  },
  {
    name: 'what kubectl complained of as a notice',
    given: 'Error from server (Forbidden): nodes is forbidden\n{"a":1}',
    expected: [
      { kind: 'notice', text: 'Error from server (Forbidden): nodes is forbidden' },
      { kind: 'document', value: { a: 1 } },
    ],
  },
];

describe('splitting a stream of JSON', () => {
  for (const { name, given, expected } of cases) {
    for (const pieceBytes of [1, 7, 1000]) {
      it(`gives ${name}, in pieces of ${pieceBytes} bytes`, () => {
        assert.deepEqual(split(given, pieceBytes), expected);
      });
    }
  }

  it('gives the objects of any list, wherever the pieces end', () => {
    fc.assert(
      fc.property(
        fc.array(fc.dictionary(fc.string(), fc.jsonValue())),
        fc.integer({ min: 1, max: 50 }),
        (items, size) => {
          assert.deepEqual(
            itemsOf(split(JSON.stringify({ kind: 'List', items }), size)),
            JSON.parse(JSON.stringify(items)),
          );
        },
      ),
      { numRuns: 200 },
    );
  });

  const refused: readonly { name: string; given: () => string; code: string; message: RegExp }[] = [
    {
      name: 'a list cut in the middle',
      given: () => '{"items":[{"a":1},{"b"',
      code: 'SNAPSHOT_UNREADABLE',
      message: /middle of an object, at byte 22/,
    },
    {
      name: 'a web page',
      given: () => '<html>login</html>',
      code: 'SNAPSHOT_UNREADABLE',
      message: /expected a JSON object, got "<html>/,
    },
    {
      name: 'brackets that do not match',
      given: () => '{"items":[{"a":1}}',
      code: 'SNAPSHOT_UNREADABLE',
      message: /expected "]", got "}" at byte 17/,
    },
    {
      name: 'an object that is no JSON',
      given: () => '{"items":[{a:1}]}',
      code: 'SNAPSHOT_UNREADABLE',
      message: /ends at byte 14 is not JSON/,
    },
    {
      name: 'nesting without end',
      given: () => '{"a":'.repeat(100_000),
      code: 'SNAPSHOT_UNREADABLE',
      message: /deeper than 250/,
    },
    {
      name: 'an object without end',
      given: () => `{"a":"${'x'.repeat(objectBytesMax)}`,
      code: 'SNAPSHOT_TOO_LARGE',
      message: /larger than/,
    },
  ];
  for (const { name, given, code, message } of refused) {
    it(`refuses ${name}`, () => {
      assert.throws(
        () => split(given(), 1_000_000),
        (error) => error instanceof ClusterError && error.code === code && message.test(error.message),
      );
    });
  }
});
