import assert from 'node:assert/strict';
import { it } from 'node:test';
import { editAll } from '../../test/manifest-texts.ts';
import { parseDigest } from '../reference/digest.ts';
import { pinImageField, unpinImageField } from './edit-image-field.ts';
import { findImageFields } from './find-image-fields.ts';
import { testFindings, yaml } from './finding.fixture.ts';

testFindings('defaults written in templates', [
  {
    name: 'are found where the action is the whole value, in any quotes and either order',
    given: yaml`
containers:
- image: {{ .Values.a | default "ghcr.io/acme/a:1.0" }}
- image: "{{ .Values.b | default "ghcr.io/acme/b:1.0" | trim }}" # why
- image: {{ default "nginx:1.27" .Values.c | quote }}
- image: '{{- .Values.d | default "ghcr.io/acme/d:1.0" -}}'
sidecar: {{ .Values.e | default "ghcr.io/acme/e:1.0" }}
{{- if .Values.x }}
{{- end }}
`,
    expected: [
      'ghcr.io/acme/a:1.0',
      'ghcr.io/acme/b:1.0',
      'nginx:1.27',
      'ghcr.io/acme/d:1.0',
      'ghcr.io/acme/e:1.0',
    ],
  },
  {
    name: 'are none where they are a part of the value, or could be anything',
    given: yaml`
image: {{ .Values.repo | default "quay.io/a/b:c" }}:{{ .Values.tag | default "v1" }}
imageName: {{ .Values.name | default "web" }}
host: {{ .Values.host | default "example.com:8080" }}
{{- if .Values.x }}
{{- end }}
`,
    expected: [],
  },
]);

it('a default written in a template is pinned where it stands', () => {
  const text = 'image: {{ .Values.a | default "ghcr.io/acme/a:1.0" }}\n';
  const digest = parseDigest(`sha256:${'1'.repeat(64)}`);
  const [field] = findImageFields(text, { fileName: 'templates/a.yaml' }).fields;
  assert.equal(field?.form, 'text');
  const pinned = editAll(text, 'templates/a.yaml', (given, one) => pinImageField(given, one, digest));
  assert.equal(pinned, `image: {{ .Values.a | default "ghcr.io/acme/a:1.0@${digest}" }}\n`);
  assert.equal(editAll(pinned, 'templates/a.yaml', unpinImageField), text);
});
