import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { findImageFields } from './find-image-fields.ts';
import { type ImageRules, noRules } from './rules.ts';

const pod = `# a pod
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop}
spec:
  containers:
  - name: web
    image: "nginx:1.25" # pinned soon
---
apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data:
  job.yaml: |
    spec:
      image: quay.io/org/job:2
`;

describe('findImageFields', () => {
  it('says what, where, in which document and object, and how sure', () => {
    const { fields, problems } = findImageFields(pod, { fileName: 'pod.yaml' });
    assert.deepEqual(problems, []);
    assert.deepEqual(
      fields.map(({ parts, ...field }) => ({
        ...field,
        styles: parts.map((part) => [part.style, part.within]),
      })),
      [
        {
          reference: 'nginx:1.25',
          form: 'string',
          confidence: 'certain',
          pointer: '/spec/containers/0/image',
          object: { apiVersion: 'v1', kind: 'Pod', namespace: 'shop', name: 'web' },
          foundBy: 'pod-spec',
          document: 0,
          line: 8,
          column: 13,
          styles: [['double', undefined]],
        },
        {
          reference: 'quay.io/org/job:2',
          form: 'embedded',
          confidence: 'likely',
          pointer: '/data/job.yaml',
          object: { apiVersion: 'v1', kind: 'ConfigMap', name: 'settings' },
          foundBy: 'image-key',
          document: 1,
          line: 16,
          column: 14,
          styles: [['plain', ['literal']]],
        },
      ],
    );
  });

  it('counts the aliases that lead to an anchored reference', () => {
    const given = 'base: &base nginx:1.25\na: {image: *base}\nb: {image: *base}\n';
    const { fields } = findImageFields(given, { fileName: 'values.yaml' });
    assert.equal(fields.length, 1);
    assert.equal(fields[0]?.pointer, '/base');
    assert.equal(fields[0].parts[0]?.aliases, 2);
  });

  it('marks what it read of a template as text', () => {
    const given = '{{- if .Values.on }}\nimage: nginx:1.25\n{{- end }}\n';
    const [field] = findImageFields(given, { fileName: 'templates/a.yaml' }).fields;
    assert.equal(field?.form, 'text');
    assert.equal(field.line, 2);
  });

  it('reads a template line by line where covering its actions makes no YAML', () => {
    const given =
      'a: [\n{{ range }}\n  image: nginx:1.25\n  - --x-image=quay.io/a/b:1\nimage: "{{ .x }}:1"\n';
    const { fields, problems } = findImageFields(given, { fileName: 'templates/a.yaml' });
    assert.deepEqual(
      fields.map((field) => [field.line, field.column, field.reference, field.foundBy]),
      [
        [3, 10, 'nginx:1.25', 'template-line'],
        [4, 15, 'quay.io/a/b:1', 'template-line'],
      ],
    );
    assert.deepEqual(problems, []);
  });
});

const ignored: readonly { name: string; given: string; expected: readonly string[] }[] = [
  { name: 'on its line', given: 'image: a:1 # holdfast: ignore\nb: {image: b:1}\n', expected: ['b:1'] },
  {
    name: 'on the line above',
    given: '# holdfast: ignore, a test\nimage: a:1\nb: {image: b:1}\n',
    expected: ['b:1'],
  },
  {
    name: 'above the key of a split reference',
    given: '# holdfast: ignore\nimage:\n  repository: a/b\n  tag: 1\n',
    expected: [],
  },
  {
    name: 'not where it ignores something else',
    given: 'image: a:1 # holdfast: ignored\n',
    expected: ['a:1'],
  },
];

describe('a comment that excludes', () => {
  for (const { name, given, expected } of ignored) {
    it(name, () => {
      assert.deepEqual(references(given), expected);
    });
  }
});

const ruled: readonly {
  name: string;
  rules: Partial<ImageRules>;
  given: string;
  expected: readonly string[];
}[] = [
  {
    name: 'a path finds what no key says',
    rules: { paths: ['**.sandbox'] },
    given: 'spec: {jobs: [{sandbox: alpine}]}\n',
    expected: ['alpine'],
  },
  {
    name: 'a path finds a reference in parts, and no placeholder',
    rules: { paths: ['spec.sandbox', 'spec.other'] },
    given: 'spec: {sandbox: {name: org/alpine, version: "3"}, other: "${OTHER}"}\n',
    expected: ['org/alpine:3'],
  },
  {
    name: 'a path of a kind is for that kind',
    rules: { kinds: [{ kind: 'Runner', apiVersion: 'ci.example', paths: ['spec.base'] }] },
    given:
      'apiVersion: ci.example/v1\nkind: Runner\nspec: {base: alpine}\n---\napiVersion: v1\nkind: Other\nspec: {base: debian}\n',
    expected: ['alpine'],
  },
  {
    name: 'an exclusion needs all its parts to fit',
    rules: { exclude: [{ kind: 'Pod', reference: 'nginx:*' }] },
    given:
      'apiVersion: v1\nkind: Pod\nspec: {containers: [{image: "nginx:1"}, {image: "redis:1"}]}\n---\nimage: nginx:1\n',
    expected: ['redis:1', 'nginx:1'],
  },
  {
    name: 'an exclusion by file',
    rules: { exclude: [{ file: '**/values.yaml' }] },
    given: 'image: nginx:1\n',
    expected: [],
  },
  {
    name: 'an exclusion by key path',
    rules: { exclude: [{ path: 'test.**' }] },
    given: 'test: {image: "a:1"}\nimage: b:1\n',
    expected: ['b:1'],
  },
];

describe("a project's rules", () => {
  for (const { name, rules, given, expected } of ruled) {
    it(name, () => {
      assert.deepEqual(references(given, { ...noRules, ...rules }), expected);
    });
  }
});

const problematic: readonly { name: string; given: string; code: string; at?: readonly [number, number] }[] =
  [
    { name: 'an open quote', given: 'spec:\n  image: "nginx:1\n', code: 'YAML_UNREADABLE', at: [3, 1] },
    { name: 'a tab for indentation', given: 'a:\n\timage: b:1\n', code: 'YAML_UNREADABLE', at: [2, 1] },
    { name: 'a file without any image', given: 'a: [b\nc: d\n', code: 'YAML_UNREADABLE' },
    { name: 'a NUL byte', given: 'image: a:1\nb: \0\n', code: 'FILE_BINARY', at: [2, 4] },
    { name: 'deep nesting', given: `image: ${'['.repeat(20_000)}`, code: 'NESTING_TOO_DEEP' },
    {
      name: 'deep nesting that is YAML',
      given: `image: ${'['.repeat(400)}${']'.repeat(400)}`,
      code: 'NESTING_TOO_DEEP',
    },
    { name: 'a million signs', given: `image: a:1\n${'#\n'.repeat(600_000)}`, code: 'DOCUMENT_TOO_LARGE' },
  ];

describe('what cannot be read is a problem with its place', () => {
  for (const { name, given, code, at } of problematic) {
    it(name, () => {
      const { problems } = findImageFields(given, { fileName: 'bad.yaml' });
      assert.equal(problems.length, 1);
      const [problem] = problems;
      assert.equal(problem?.code, code);
      assert.equal(problem.file, 'bad.yaml');
      assert.ok(problem.hint);
      if (at !== undefined) assert.deepEqual([problem.line, problem.column], at);
    });
  }

  it('finds what could be read all the same', () => {
    assert.deepEqual(references('image: a:1\nb: [c\nd: e\n'), ['a:1']);
  });

  it('does not expand aliases', () => {
    const levels = 'bcdefghijklmnop'.split('').map((name, index) => {
      const before = 'abcdefghijklmno'[index] ?? '';
      return `${name}: &${name} [${Array.from({ length: 9 }, () => `*${before}`).join(', ')}]`;
    });
    const given = ['a: &a [{image: x:1}, y]', ...levels, 'image: *p', 'images: *p'].join('\n');
    assert.deepEqual(references(given), ['x:1']);
  });
});

/** What manifests are made of, and what breaks them; divided by dots. */
const pieces = [
  `image·images·repository·tag·: ·:·- ·\n·\n  ·\n    ·\r\n·\t·"·'·|·>·{·}·{{·}}·[·]·,·&a ·*a·<<: ·#·---\n·...\n`,
  '!·%·@·\\·\uFEFF·a/b:1·quay.io/x/y·nginx·1.20·=·--image=·$(·kind: Pod\n·apiVersion: v1\n',
];

const hostileText = fc.string({
  unit: fc.constantFrom(...pieces.flatMap((line) => line.split('·'))),
  maxLength: 60,
  size: 'max',
});

describe('any text', () => {
  it('never throws, and every part stands inside the file', () => {
    fc.assert(
      fc.property(
        hostileText,
        fc.constantFrom('a.yaml', 'kustomization.yaml', 'images.txt', 'Dockerfile'),
        (text, name) => {
          for (const { parts, line, column } of findImageFields(text, { fileName: name }).fields) {
            assert.ok(parts.length > 0 && line >= 1 && column >= 1);
            for (const part of parts)
              assert.ok(0 <= part.start && part.start <= part.end && part.end <= text.length);
          }
        },
      ),
      { numRuns: 2000 },
    );
  });

  it('finds the same with other line ends and a byte order mark', () => {
    fc.assert(
      fc.property(manifest, (text) => {
        const plain = placesIn(text);
        assert.deepEqual(placesIn(text.replaceAll('\n', '\r\n')), plain);
        assert.deepEqual(placesIn(`\uFEFF${text}`), plain);
      }),
      { numRuns: 200 },
    );
  });

  it('points at the value in the source', () => {
    fc.assert(
      fc.property(manifest, (text) => {
        const { fields } = findImageFields(text, { fileName: 'a.yaml' });
        assert.ok(fields.length > 0);
        const lines = text.split('\n');
        for (const { reference, line, column } of fields) {
          assert.ok(lines[line - 1]?.slice(column - 1).startsWith(reference));
        }
      }),
      { numRuns: 200 },
    );
  });
});

const reference = fc.constantFrom(
  'nginx:1.25',
  'quay.io/org/app:v1',
  'redis',
  'ghcr.io/a/b-c/d_e:1.2.3-rc.1',
);
const quoted = fc
  .tuple(reference, fc.constantFrom('', '"', "'"))
  .map(([value, quote]) => `${quote}${value}${quote}`);
const container = quoted.map((value) => `  - name: x\n    image: ${value} # why\n`);
const manifest = fc
  .array(
    fc.oneof(
      fc
        .array(container, { minLength: 1, maxLength: 3 })
        .map((items) => `spec:\n  containers:\n${items.join('')}`),
      quoted.map((value) => `data:\n  job.yaml: |\n    # a job\n    spec:\n      image: ${value}\n`),
      quoted.map((value) => `spec:\n  image: >-\n    ${value.replaceAll(/["']/g, '')}\n`),
    ),
    { minLength: 1, maxLength: 3 },
  )
  .map((documents) => documents.join('---\n'));

function placesIn(text: string): unknown {
  const { fields, problems } = findImageFields(text, { fileName: 'a.yaml' });
  return [
    fields.map((field) => [field.document, field.pointer, field.line, field.column, field.reference]),
    problems,
  ];
}

function references(text: string, rules?: ImageRules): string[] {
  const options = { fileName: 'charts/a/values.yaml', ...(rules === undefined ? {} : { rules }) };
  return findImageFields(text, options).fields.map((field) => field.reference);
}
