import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { DeclaredFile } from '../declared/declared.ts';
import type { ImageField, ImagePart } from '../manifests/image-field.ts';
import { tryParseReference } from '../reference/reference.ts';
import { type DeclaredImage, imagesOf } from './declared-image.ts';
import { checkKustomizeEntries } from './kustomize-rule.ts';
import { checkTag } from './tag-rules.ts';
import { checkBuildSiblings, checkVersions } from './version-rules.ts';

function imageOf(
  written: string,
  file = 'a.yaml',
  form: ImageField['form'] = 'string',
  parts: ImagePart[] = [],
): DeclaredImage {
  const reference = tryParseReference(written);
  assert.ok(reference, written);
  const field: ImageField = {
    reference: written,
    form,
    confidence: 'certain',
    document: 0,
    pointer: '/image',
    line: 3,
    column: 10,
    object: undefined,
    parts,
    foundBy: 'test',
  };
  return { file, path: undefined, field, reference };
}

function rulesOf(written: string, form: ImageField['form'] = 'string'): string[] {
  const role = form === 'string' ? 'reference' : 'repository';
  const part: ImagePart = { role, value: written, start: 0, end: 0, style: 'plain', pointer: '/image' };
  const { field, file } = imageOf(written, 'a.yaml', form, [part]);
  const images = imagesOf({ file, path: undefined, text: '', fields: [field], problems: [] }, '/');
  return images.flatMap(checkTag).map((finding) => finding.rule);
}

const digest = `sha256:${'a'.repeat(64)}`;

describe('the rules for one reference', () => {
  const table: readonly { given: string; form?: ImageField['form']; expected: readonly string[] }[] = [
    { given: 'nginx', expected: ['latest-tag', 'missing-digest'] },
    { given: 'nginx:latest', expected: ['latest-tag', 'missing-digest'] },
    { given: 'nginx:1', expected: ['floating-tag', 'missing-digest'] },
    { given: 'nginx:stable-alpine', expected: ['floating-tag', 'missing-digest'] },
    { given: 'quay.io/jetstack/cert-manager:608111629', expected: ['suspicious-tag', 'missing-digest'] },
    { given: 'nginx:1.25.3', expected: ['missing-digest'] },
    { given: `nginx:latest@${digest}`, expected: [] },
    { given: 'nginx', form: 'split', expected: [] },
    { given: 'nginx', form: 'kustomize', expected: [] },
  ];
  for (const { given, form, expected } of table) {
    it(`find ${expected.join(', ') || 'nothing'} at ${given}${form === undefined ? '' : ` (${form})`}`, () => {
      assert.deepEqual(rulesOf(given, form), expected);
    });
  }
});

describe('the same image with different versions', () => {
  it('is found at the place that most others disagree with', () => {
    const findings = checkVersions([
      imageOf('ghcr.io/o/app:1.2.0', 'a.yaml'),
      imageOf('ghcr.io/o/app:1.2.0', 'b.yaml'),
      imageOf('ghcr.io/o/app:1.1.0', 'c.yaml'),
    ]);
    assert.deepEqual(
      findings.map((one) => [one.file, one.message]),
      [['c.yaml', 'ghcr.io/o/app:1.1.0 here, 1.2.0 in a.yaml:3, b.yaml:3']],
    );
  });

  it('is not found between flavours or spellings of one name', () => {
    const same = [
      imageOf('nginx:1.25.3'),
      imageOf('docker.io/library/nginx:1.25.3'),
      imageOf('nginx:1.24.0-alpine'),
    ];
    assert.deepEqual(checkVersions(same), []);
  });

  it('is not found between a base and the kustomize entry that changes it, nor in a catalogue of versions', () => {
    const overlay = [
      imageOf('app:1.0.0', 'base.yaml'),
      imageOf('app:1.2.0', 'kustomization.yaml', 'kustomize'),
    ];
    const catalogue = [
      imageOf('pg:15.6', 'catalogue.yaml'),
      imageOf('pg:16.2', 'catalogue.yaml'),
      imageOf('pg:16.2', 'b.yaml'),
    ];
    assert.deepEqual(checkVersions([...overlay, ...catalogue]), []);
  });

  it('does not depend on the order of the files', () => {
    const images = ['1.0.0', '1.1.0', '1.1.0', '1.2.0'].map((tag, index) =>
      imageOf(`app:${tag}`, `${index}.yaml`),
    );
    const places = (order: readonly DeclaredImage[]): string[] =>
      checkVersions(order)
        .map((one) => one.file ?? '')
        .sort();
    assert.deepEqual(places([...images].reverse()), places(images));
  });
});

describe('a tag declared beside its own fixed build', () => {
  it('is suspicious, and the build tag is named', () => {
    const [finding, ...others] = checkBuildSiblings([
      imageOf('ghcr.io/kube-logging/fluentd:v1.16-4.11-full'),
      imageOf('ghcr.io/kube-logging/fluentd:v1.16-4.11-full-build.169', 'b.yaml'),
    ]);
    assert.equal(finding?.rule, 'suspicious-tag');
    assert.match(finding?.message ?? '', /b\.yaml:3 names the fixed build v1\.16-4\.11-full-build\.169/);
    assert.deepEqual(others, []);
  });
});

describe('a kustomize images entry', () => {
  function entry(name: string): DeclaredImage {
    const part: ImagePart = {
      role: 'match',
      value: name,
      start: 0,
      end: 0,
      style: 'plain',
      pointer: '/images/0/name',
    };
    const image = imageOf('app:1.2.3', 'overlay/kustomization.yaml', 'kustomize', [part]);
    return { ...image, field: { ...image.field, pointer: '/images/0' } };
  }
  function filesOf(overlay: string, image: DeclaredImage): DeclaredFile[] {
    const base = imageOf('registry.example:5000/team/app:1', 'base/deployment.yaml');
    const empty = { path: undefined, problems: [] };
    return [
      { file: 'overlay/kustomization.yaml', text: overlay, fields: [image.field], ...empty },
      { file: 'base/kustomization.yaml', text: 'resources: [deployment.yaml]', fields: [], ...empty },
      { file: 'base/deployment.yaml', text: '', fields: [base.field], ...empty },
    ];
  }
  const table = [
    {
      name: 'that names the image is fine',
      entry: 'registry.example:5000/team/app',
      overlay: 'resources: [../base]',
      expected: 0,
    },
    { name: 'that names another is found', entry: 'team/app', overlay: 'resources: [../base]', expected: 1 },
    {
      name: 'is a regular expression, as kustomize has it',
      entry: 'registry.example:5000/team/a.p',
      overlay: 'resources: [../base]',
      expected: 0,
    },
    {
      name: 'that is a broken expression matches nothing',
      entry: 'team/[app',
      overlay: 'resources: [../base]',
      expected: 1,
    },
    {
      name: 'is not judged where a remote base may hold it',
      entry: 'team/app',
      overlay: 'resources: [../base, "https://example.com/x?ref=v1"]',
      expected: 0,
    },
    {
      name: 'is not judged where a chart may hold it',
      entry: 'team/app',
      overlay: 'resources: [../base]\nhelmCharts: [{name: x}]',
      expected: 0,
    },
    {
      name: 'of a component is not judged: it changes what others hold',
      entry: 'team/app',
      overlay: 'kind: Component',
      expected: 0,
    },
    {
      name: 'is judged in a loop of bases too',
      entry: 'team/app',
      overlay: 'resources: [../base, ../overlay]',
      expected: 1,
    },
  ];
  it('of another object than a kustomization is not judged: what it changes is elsewhere', () => {
    const image = entry('team/app');
    const release: DeclaredFile = {
      file: 'release.yaml',
      path: undefined,
      text: '',
      fields: [{ ...image.field, pointer: '/spec/postRenderers/0/kustomize/images/0' }],
      problems: [],
    };
    assert.deepEqual(checkKustomizeEntries([release], '/'), []);
  });

  for (const { name, entry: match, overlay, expected } of table) {
    it(name, () => {
      const image = entry(match);
      assert.equal(checkKustomizeEntries(filesOf(overlay, image), '/').length, expected);
    });
  }
});
