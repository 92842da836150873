import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { DeclaredError } from './errors.ts';
import { parseRulesFile } from './rules-file.ts';

describe('parseRulesFile', () => {
  it('reads every key', () => {
    const text = `
version: 1
images:
  paths: [spec.runner.base, '**.sandbox']
  kinds:
    - kind: Job
      apiVersion: example.org
      paths: [spec.box]
  exclude:
    - file: '**/testdata/**'
    - kind: Policy
      path: spec.images[]
    - reference: 'registry.internal/**'
`;
    assert.deepEqual(parseRulesFile(text, 'holdfast.yaml'), {
      paths: ['spec.runner.base', '**.sandbox'],
      kinds: [{ kind: 'Job', apiVersion: 'example.org', paths: ['spec.box'] }],
      exclude: [
        { file: '**/testdata/**' },
        { kind: 'Policy', path: 'spec.images[]' },
        { reference: 'registry.internal/**' },
      ],
    });
  });

  it('reads a file with nothing but its version', () => {
    assert.deepEqual(parseRulesFile('version: 1\n', 'f'), { paths: [], kinds: [], exclude: [] });
  });

  const bomb = `version: 1\nimages:\n  paths: &a [x]\n  exclude: [${'*a,'.repeat(100)}]\n`;
  const refused: readonly { name: string; given: string; code?: string; says: RegExp }[] = [
    { name: 'an empty file', given: '', says: /version must be 1; it is missing/ },
    {
      name: 'a file of a newer Holdfast',
      given: 'version: 2\nnew: x',
      code: 'CONFIG_TOO_NEW',
      says: /newer/,
    },
    { name: 'a version that is no number', given: 'version: "1"', says: /version must be 1; got "1"/ },
    {
      name: 'a slip in a key',
      given: 'version: 1\nimage: {}',
      says: /unknown key "image"; did you mean images\?/,
    },
    {
      name: 'a slip deeper down',
      given: 'version: 1\nimages: {exlcude: []}',
      says: /unknown key "images\.exlcude"; did you mean exclude\?/,
    },
    {
      name: 'a key nobody knows',
      given: 'version: 1\nimages: {x: 1}',
      says: /unknown key "images\.x"; known are paths, kinds, exclude/,
    },
    {
      name: 'a list that is none',
      given: 'version: 1\nimages: {paths: a}',
      says: /images\.paths must be a list; got "a"/,
    },
    {
      name: 'an exclusion of nothing, which would be one of everything',
      given: 'version: 1\nimages: {exclude: [{}]}',
      says: /images\.exclude\[0\] needs one of file, kind, path, reference/,
    },
    {
      name: 'a kind without its name',
      given: 'version: 1\nimages: {kinds: [{paths: [a]}]}',
      says: /kinds\[0\]\.kind must be a text; it is missing/,
    },
    {
      name: 'a key path with a dot too many',
      given: 'version: 1\nimages: {paths: ["a..b"]}',
      says: /images\.paths\[0\] is no key path: it has a dot without a key.*; got "a\.\.b"/,
    },
    {
      name: 'a key path that begins with a dot',
      given: 'version: 1\nimages: {paths: [.spec.image]}',
      says: /paths\[0\] is no key path: it has a dot without a key/,
    },
    {
      name: 'a key path with an open bracket',
      given: 'version: 1\nimages: {kinds: [{kind: A, paths: ["spec["]}]}',
      says: /kinds\[0\]\.paths\[0\] is no key path: it may have brackets only as \[\] at the end/,
    },
    {
      name: 'a key path without a dot behind its list',
      given: 'version: 1\nimages: {exclude: [{path: "spec.steps[]uses"}]}',
      says: /exclude\[0\]\.path is no key path: it may have brackets only as/,
    },
    {
      name: 'a key path with a number in brackets',
      given: 'version: 1\nimages: {paths: ["spec.steps[0].uses"]}',
      says: /is no key path: it may have brackets only as/,
    },
    {
      name: 'a key path with a part of a key',
      given: 'version: 1\nimages: {paths: ["spec.im*"]}',
      says: /is no key path: it may have \* and \*\* only in place of a whole key/,
    },
    { name: 'a list at the top', given: '- a', says: /the file must be a map/ },
    { name: 'broken YAML, with its place', given: 'version: 1\nimages: {', says: /line 2|line 3/ },
    { name: 'aliases', given: bomb, says: /alias/i },
  ];
  for (const { name, given, code = 'CONFIG_INVALID', says } of refused) {
    it(`refuses ${name}`, () => {
      assert.throws(
        () => parseRulesFile(given, 'holdfast.yaml'),
        (error) => {
          assert.ok(error instanceof DeclaredError);
          assert.equal(error.code, code);
          assert.match(error.message, /^holdfast\.yaml/);
          assert.match(error.message, says);
          return true;
        },
      );
    });
  }
});
