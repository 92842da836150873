import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { findMarkers } from './policy-markers.ts';

describe('markers', () => {
  const cases: readonly { name: string; given: string; expected: readonly string[] }[] = [
    {
      name: 'stand behind a value',
      given: 'image: a:1 # {"$imagepolicy": "apps:web"}',
      expected: ['apps/web'],
    },
    { name: 'name a part', given: 'tag: 1 # {"$imagepolicy": "apps:web:tag"}', expected: ['apps/web'] },
    {
      name: 'stand above a value',
      given: '  # {"$imagepolicy": "apps:web:digest"}\n  digest: x',
      expected: ['apps/web'],
    },
    {
      name: 'may have Windows line ends',
      given: 'a: b # {"$imagepolicy": "apps:web"}\r\n',
      expected: ['apps/web'],
    },
    {
      name: 'are none with text around the JSON',
      given: 'a: b # see {"$imagepolicy": "apps:web"} there',
      expected: [],
    },
    { name: 'are none of another part', given: 'a: b # {"$imagepolicy": "apps:web:version"}', expected: [] },
    { name: 'are none without a namespace', given: 'a: b # {"$imagepolicy": "web"}', expected: [] },
    {
      name: 'are none where it is no JSON',
      given: "a: b # {'$imagepolicy': 'apps:web', \"$imagepolicy\"}",
      expected: [],
    },
  ];
  for (const { name, given, expected } of cases) {
    it(name, () => {
      const found = findMarkers(given, 'app.yaml', undefined);
      assert.deepEqual(
        found.map(({ policy }) => policy),
        expected,
      );
    });
  }

  it('know their line', () => {
    const [marker] = findMarkers('a: 1\nb: 2 # {"$imagepolicy": "x:y"}\n', 'app.yaml', 'deploy/app.yaml');
    assert.deepEqual(marker, { policy: 'x/y', file: 'app.yaml', path: 'deploy/app.yaml', line: 2 });
  });
});
