import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { RegistryError } from './errors.ts';
import { TagScanner } from './tag-scanner.ts';

/** The tags in these bytes, handed over in pieces of `size` bytes. */
function scan(bytes: Uint8Array, size: number = bytes.length || 1): readonly string[] {
  const scanner = new TagScanner('team/app', 1024);
  for (let from = 0; from < bytes.length; from += size) scanner.write(bytes.subarray(from, from + size));
  scanner.end();
  return scanner.tags;
}

const read: readonly { name: string; given: string; expected: readonly string[] }[] = [
  { name: 'reads a list', given: '{"name":"a","tags":["1","2"]}', expected: ['1', '2'] },
  { name: 'reads an empty list', given: '{"name":"a","tags":[]}', expected: [] },
  { name: 'takes null for an empty list, as Go writes it', given: '{"name":"a","tags":null}', expected: [] },
  { name: 'takes a missing list for an empty one', given: '{"name":"a"}', expected: [] },
  { name: 'reads members in any order', given: '{"tags":["1"],"name":"a"}', expected: ['1'] },
  { name: 'reads through white space', given: ' {\n"tags" :\t[ "1" , "2" ] }\r\n', expected: ['1', '2'] },
  { name: 'reads escapes', given: '{"tags":["\\u0061\\"\\\\","\\ud83d\\ude00"]}', expected: ['a"\\', '😀'] },
  { name: 'reads other scripts', given: '{"tags":["größe"]}', expected: ['größe'] },
  {
    name: 'passes over members it does not know',
    given: '{"next":{"tags":["no"],"n":[1,-2.5e3,true,{}]},"tags":["1"],"child":[[],["x"]]}',
    expected: ['1'],
  },
  {
    name: 'is not misled by a nested list of the same name',
    given: '{"x":{"tags":["no"]},"tags":[]}',
    expected: [],
  },
];

const refused: readonly { name: string; given: string }[] = [
  { name: 'an empty body', given: '' },
  { name: 'a list cut in a tag', given: '{"name":"a","tags":["1","2' },
  { name: 'a list cut after a tag', given: '{"name":"a","tags":["1"' },
  { name: 'a list without the last brace', given: '{"name":"a","tags":["1"]' },
  { name: 'something after the list', given: '{"tags":["1"]}x' },
  { name: 'two documents', given: '{"tags":["1"]}{"tags":["2"]}' },
  { name: 'a comma too many', given: '{"tags":["1",]}' },
  { name: 'a comma too few', given: '{"tags":["1" "2"]}' },
  { name: 'a tag that is a number', given: '{"tags":[1]}' },
  { name: 'a tag that is null', given: '{"tags":[null]}' },
  { name: 'a tag that is a list', given: '{"tags":[["1"]]}' },
  { name: 'tags that are an object', given: '{"tags":{"1":"2"}}' },
  { name: 'tags that are a text', given: '{"name":"a","tags":"1.0"}' },
  { name: 'tags that are true', given: '{"tags":true}' },
  { name: 'tags twice', given: '{"tags":["1"],"tags":["2"]}' },
  { name: 'a bare list', given: '["1"]' },
  { name: 'a bare text', given: '"1"' },
  { name: 'an answer about something else', given: '{"errors":[]}' },
  { name: 'a web page', given: '<!doctype html><html></html>' },
  { name: 'a control character in a tag', given: '{"tags":["a\nb"]}' },
  { name: 'a wrong escape', given: '{"tags":["\\x41"]}' },
  { name: 'a wrong number', given: '{"x":01,"tags":[]}' },
  { name: 'brackets that do not match', given: '{"tags":["1"}]' },
  { name: 'a tag longer than the limit', given: `{"tags":["${'a'.repeat(1025)}"]}` },
  { name: 'a nesting without end', given: `{"x":${'['.repeat(40)}` },
];

describe('TagScanner', () => {
  for (const { name, given, expected } of read) {
    it(name, () => {
      for (const size of [1, 2, 7, 1000]) assert.deepEqual(scan(Buffer.from(given), size), expected);
    });
  }

  for (const { name, given } of refused) {
    it(`refuses ${name}`, () => {
      for (const size of [1, 3, 1000]) {
        assert.throws(() => scan(Buffer.from(given), size), {
          name: 'RegistryError',
          code: 'TAGS_UNREADABLE',
        });
      }
    });
  }

  it('refuses bytes that are not UTF-8', () => {
    const bytes = Buffer.concat([Buffer.from('{"tags":["'), Buffer.from([0xff]), Buffer.from('"]}')]);
    assert.throws(() => scan(bytes), { code: 'TAGS_UNREADABLE' });
  });

  it('reads what JSON.stringify writes, however it is cut into pieces', () => {
    const body = fc.record({
      before: fc.jsonValue({ maxDepth: 3 }),
      name: fc.string(),
      tags: fc.array(fc.string({ unit: 'grapheme', maxLength: 40 })),
      after: fc.jsonValue({ maxDepth: 3 }),
    });
    const indent = fc.constantFrom(undefined, 1);
    fc.assert(
      fc.property(body, indent, fc.integer({ min: 1, max: 64 }), (given, space, size) => {
        assert.deepEqual(scan(Buffer.from(JSON.stringify(given, undefined, space)), size), given.tags);
      }),
      { numRuns: 300 },
    );
  });

  it('refuses what JSON.parse refuses, and reads the same where both read', () => {
    const whole = '{"name":"team/app","tags":["1.0","a\\u0062",""],"x":[1,{"y":null}]}';
    const edit = fc.record({
      at: fc.nat(whole.length),
      remove: fc.nat(3),
      insert: fc.string({
        unit: fc.constantFrom('"', ',', '[', ']', '{', '}', ':', '\\', '1', 'n', ' '),
        maxLength: 3,
      }),
    });
    fc.assert(
      fc.property(edit, fc.integer({ min: 1, max: 80 }), ({ at, remove, insert }, size) => {
        const text = whole.slice(0, at) + insert + whole.slice(at + remove);
        const scanned = attempt(() => scan(Buffer.from(text), size));
        const parsed = attempt(() => tagsOf(JSON.parse(text)));
        if (scanned !== undefined) assert.deepEqual(scanned, parsed);
        else if (parsed !== undefined)
          assert.match(text, /"tags".*"tags"/s, 'only tags named twice are refused');
      }),
      { numRuns: 3000 },
    );
  });
});

function attempt(work: () => readonly string[] | undefined): readonly string[] | undefined {
  try {
    return work();
  } catch (error) {
    assert.ok(error instanceof RegistryError || error instanceof SyntaxError);
    return undefined;
  }
}

/** What a tag list holds by the letter; undefined where it is none. */
function tagsOf(document: unknown): readonly string[] | undefined {
  if (typeof document !== 'object' || document === null || Array.isArray(document)) return undefined;
  if (!('tags' in document)) return 'name' in document ? [] : undefined;
  const { tags } = document;
  if (tags === null) return [];
  if (!Array.isArray(tags) || !tags.every((tag) => typeof tag === 'string')) return undefined;
  return tags;
}
