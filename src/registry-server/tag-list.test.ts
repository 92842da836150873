import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { TagList } from './tag-list.ts';

describe('TagList', () => {
  const cases = [
    { name: 'begins at the beginning', after: undefined, count: 2, tags: ['a', 'b'], hasNext: true },
    { name: 'goes on after the last tag', after: 'b', count: 2, tags: ['c', 'd'], hasNext: false },
    { name: 'goes on after a tag that has gone since', after: 'bb', count: 1, tags: ['c'], hasNext: true },
    { name: 'is empty after the end', after: 'z', count: 5, tags: [], hasNext: false },
    { name: 'is empty where nothing is asked for', after: undefined, count: 0, tags: [], hasNext: false },
  ];
  for (const { name, after, count, tags, hasNext } of cases) {
    it(name, () => {
      const list = new TagList();
      list.addMany(['d', 'a', 'c', 'b', 'a']);
      const slice = list.slice(after, count);
      assert.deepEqual([namesOf(slice.json), slice.hasNext], [tags, hasNext]);
    });
  }

  it('cuts a long list into pages that join to the whole, whatever their size', () => {
    const list = new TagList();
    const all = Array.from({ length: 5000 }, (_, number) => `v${String(number).padStart(6, '0')}`);
    list.addMany(all);
    for (const size of [1, 999, 1000, 1001, 2500, 10_000]) {
      assert.deepEqual(readPages(list, size), all);
    }
  });

  it('holds the same tags as a set does, after any additions and removals', () => {
    const tag = fc.stringMatching(/^[a-c0-9]{1,3}$/);
    const change = fc.oneof(
      fc.record({ kind: fc.constant('add' as const), tag }),
      fc.record({ kind: fc.constant('remove' as const), tag }),
    );
    const property = fc.property(fc.array(tag), fc.array(change), (initial, changes) => {
      const list = new TagList();
      const model = new Set(initial);
      list.addMany(initial);
      for (const { kind, tag: one } of changes) {
        list[kind](one);
        if (kind === 'add') model.add(one);
        else model.delete(one);
      }
      assert.deepEqual([...list.names()], [...model].sort());
      assert.deepEqual(readPages(list, 3), [...model].sort());
      assert.equal(list.size, model.size);
      for (const one of ['a', 'b1', ...initial]) assert.equal(list.has(one), model.has(one));
    });
    fc.assert(property, { numRuns: 300 });
  });

  it('stays in order when many tags are added one by one between others', () => {
    const list = new TagList();
    const even = Array.from({ length: 3000 }, (_, number) => `t${String(2 * number).padStart(5, '0')}`);
    const odd = Array.from({ length: 3000 }, (_, number) => `t${String(2 * number + 1).padStart(5, '0')}`);
    list.addMany(even);
    for (const tag of odd) list.add(tag);
    assert.deepEqual(readPages(list, 1000), [...even, ...odd].sort());
  });
});

function readPages(list: TagList, size: number): string[] {
  const names: string[] = [];
  for (let after: string | undefined; ; ) {
    const slice = list.slice(after, size);
    names.push(...namesOf(slice.json));
    if (!slice.hasNext) return names;
    after = slice.last;
  }
}

function namesOf(json: readonly Uint8Array[]): string[] {
  return JSON.parse(`[${json.map((part) => Buffer.from(part).toString()).join(',')}]`) as string[];
}
