import { type FindingCase, testFindings, yaml } from './finding.fixture.ts';

const cases: readonly FindingCase[] = [
  {
    name: 'finds options and values in YAML in a ConfigMap',
    given: yaml`
apiVersion: v1
kind: ConfigMap
data:
  spawner_ui_config.yaml: |
    spawnerFormDefaults:
      image:
        value: ghcr.io/kubeflow/jupyter-scipy:v1.10
        options:
        - ghcr.io/kubeflow/jupyter-scipy:v1.10
        - ghcr.io/kubeflow/jupyter-pytorch-full:v1.10
      imageGroupOne:
        value: ghcr.io/kubeflow/codeserver-python:v1.10
      imagePullPolicy:
        value: IfNotPresent
`,
    expected: [
      'ghcr.io/kubeflow/jupyter-scipy:v1.10',
      'ghcr.io/kubeflow/jupyter-scipy:v1.10',
      'ghcr.io/kubeflow/jupyter-pytorch-full:v1.10',
      'ghcr.io/kubeflow/codeserver-python:v1.10',
    ],
  },
  {
    name: 'finds the images annotation of a Chart.yaml, not its dependencies',
    file: 'Chart.yaml',
    given: yaml`
annotations:
  category: Infrastructure
  images: |
    - name: git
      image: docker.io/bitnami/git:2.48.1-debian-12-r5
    - name: nginx
      image: docker.io/bitnami/nginx:1.27.4
  licenses: Apache-2.0
apiVersion: v2
appVersion: 1.27.4
dependencies:
  - name: common
    repository: oci://registry-1.docker.io/bitnamicharts
    tags:
      - bitnami-common
    version: 2.x.x
icon: https://dyltqmyl993wv.cloudfront.net/assets/stacks/nginx/img/nginx-stack-220x234.png
name: nginx
version: 19.0.0
`,
    expected: ['docker.io/bitnami/git:2.48.1-debian-12-r5', 'docker.io/bitnami/nginx:1.27.4'],
  },
  {
    name: 'finds images in patches, whole, JSON and by path',
    file: 'kustomization.yaml',
    given: yaml`
patches:
- patch: |-
    apiVersion: apps/v1
    kind: Deployment
    spec:
      template:
        spec:
          containers:
          - name: x
            image: busybox:1
- patch: |-
    - op: replace
      path: /spec/template/spec/containers/0/image
      value: nginx:2
patchesJson6902:
- target: {kind: Deployment}
  patch: |-
    - op: add
      path: /spec/template/spec/containers/-
      value: {name: y, image: foo/bar:3}
`,
    expected: ['busybox:1', 'nginx:2', 'foo/bar:3'],
  },
  {
    name: 'leaves the last-applied copy alone',
    given: yaml`
apiVersion: v1
kind: Pod
metadata:
  annotations:
    kubectl.kubernetes.io/last-applied-configuration: |
      {"apiVersion":"v1","kind":"Pod","spec":{"containers":[{"image":"nginx:1","name":"a"}]}}
spec:
  containers: [{name: a, image: "nginx:2"}]
`,
    expected: ['nginx:2'],
  },
  {
    name: 'finds annotations, examples, variables and relatedImages of an operator',
    given: yaml`
apiVersion: operators.coreos.com/v1alpha1
kind: ClusterServiceVersion
metadata:
  annotations:
    containerImage: quay.io/op/op:v1
    alm-examples: |-
      [{"apiVersion":"a/v1","kind":"Op","spec":{"image":"quay.io/op/op:v1"}}]
spec:
  icon: [{base64data: "aW1hZ2U=", mediatype: image/png}]
  install:
    spec:
      deployments:
      - name: op
        spec:
          template:
            spec:
              containers:
              - image: quay.io/op/op:v1
                env:
                - name: RELATED_IMAGE_SIDECAR
                  value: quay.io/op/side@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
  relatedImages:
  - name: r
    image: quay.io/r/r:1
`,
    expected: [
      'quay.io/op/op:v1',
      'quay.io/op/op:v1',
      'quay.io/op/op:v1',
      'quay.io/op/side@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa',
      'quay.io/r/r:1',
    ],
  },
  {
    name: 'finds images in JSON',
    given: yaml`
{"apiVersion": "v1", "kind": "Pod", "spec": {"containers": [{"name": "a", "image": "nginx:1.2"}]}}
`,
    expected: ['nginx:1.2'],
  },
  {
    name: 'finds images in JSON in a string',
    given: yaml`
apiVersion: v1
kind: ConfigMap
data:
  pod.json: '{"apiVersion": "v1", "kind": "Pod", "spec": {"containers": [{"name": "a", "image": "nginx:1.2"}]}}'
`,
    expected: ['nginx:1.2'],
  },
  {
    name: 'finds images in a template in a string in a string',
    given: yaml`
apiVersion: v1
kind: ConfigMap
data:
  config: |-
    template: |
      initContainers:
      - name: istio-init
        image: "docker.io/istio/proxyv2:1.20"
      {{- if .Values.x }}
      - name: y
        image: busybox:1.28
      {{- end }}
`,
    expected: ['docker.io/istio/proxyv2:1.20', 'busybox:1.28'],
  },
  {
    name: 'finds JSON in a ConfigMap, not its example',
    given: yaml`
apiVersion: v1
kind: ConfigMap
data:
  _example: |-
    storageInitializer: |-
      {"image" : "kserve/storage-initializer:latest"}
  storageInitializer: |-
    {
        "image" : "kserve/storage-initializer:v0.15",
        "memoryRequest": "100Mi"
    }
  agent: |-
    {"image" : "kserve/agent:v0.15"}
`,
    expected: ['kserve/storage-initializer:v0.15', 'kserve/agent:v0.15'],
  },
  {
    name: 'reads a template that is no YAML',
    file: 'templates/d.yaml',
    given: yaml`
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ include "x.fullname" . }}
  labels:
    {{- include "x.labels" . | nindent 4 }}
spec:
  {{- if not .Values.autoscaling.enabled }}
  replicas: {{ .Values.replicaCount }}
  {{- end }}
  template:
    spec:
      initContainers:
        - name: init
          image: busybox:1.36
      containers:
        - name: {{ .Chart.Name }}
          image: "{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}"
          args:
            - --sidecar-image=quay.io/foo/side:v1
          {{- with .Values.resources }}
          resources:
            {{- toYaml . | nindent 12 }}
          {{- end }}
`,
    expected: ['busybox:1.36', 'quay.io/foo/side:v1'],
  },
  {
    name: 'finds patches in a string',
    given: yaml`
configPatches: |
  - op: add
    path: /machine/kubelet/image
    value: ghcr.io/siderolabs/kubelet:v1.30
`,
    expected: ['ghcr.io/siderolabs/kubelet:v1.30'],
  },
  {
    name: 'reads a Jinja template',
    given: yaml`
{% if x %}
image: quay.io/foo/bar:v1
{% endif %}
`,
    expected: ['quay.io/foo/bar:v1'],
  },
];

testFindings('readNestedDocuments', cases);
