import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { findImageFields } from './find-image-fields.ts';

const cases: readonly { name: string; file?: string; given: string; expected: readonly string[] }[] = [
  {
    name: "finds a container's image",
    given: yaml`
apiVersion: v1
kind: Pod
metadata: {name: a}
spec:
  containers:
  - name: a
    image: nginx:1.25
`,
    expected: ['nginx:1.25'],
  },
  {
    name: 'finds init and ephemeral containers and image volumes',
    given: yaml`
apiVersion: v1
kind: Pod
spec:
  initContainers:
  - image: a:1
  containers:
  - image: b:2
  ephemeralContainers:
  - image: c:3
  volumes:
  - name: v
    image:
      reference: quay.io/x/y:4
      pullPolicy: Always
`,
    expected: ['a:1', 'b:2', 'c:3', 'quay.io/x/y:4'],
  },
  {
    name: 'finds objects in a List, and nothing in their status',
    given: yaml`
apiVersion: v1
kind: List
items:
- apiVersion: apps/v1
  kind: Deployment
  spec: {template: {spec: {containers: [{name: x, image: nginx}]}}}
  status: {containerStatuses: [{image: old:1}]}
`,
    expected: ['nginx'],
  },
  {
    name: 'finds containers, scripts, sidecars and items of a Workflow',
    given: yaml`
apiVersion: argoproj.io/v1alpha1
kind: Workflow
metadata: {generateName: hello-}
spec:
  entrypoint: main
  templates:
  - name: main
    container:
      image: argoproj/argosay:v2
  - name: c
    container:
      image: alpine:latest
      command: [sh, -c]
      args: ["echo {{inputs.parameters.message}}"]
  - name: s
    script:
      image: python:alpine3.6
      source: |
        print("image: hello")
    sidecars:
    - name: dind
      image: docker:19.03.13-dind
  - name: loop
    steps:
    - - name: x
        arguments: {parameters: [{name: image, value: "{{item.image}}"}]}
        withItems:
        - {image: 'debian', tag: '9.1'}
        - { image: 'alpine', tag: 3.6 }
`,
    expected: [
      'argoproj/argosay:v2',
      'alpine:latest',
      'python:alpine3.6',
      'docker:19.03.13-dind',
      'debian:9.1',
      'alpine:3.6',
    ],
  },
  {
    name: 'finds steps and parameter defaults of a Task',
    given: yaml`
apiVersion: tekton.dev/v1
kind: Task
metadata: {name: t}
spec:
  params:
  - name: builder-image
    default: gcr.io/kaniko-project/executor:v1.5.1@sha256:c6166717f7fe0b7da44908c986137ecfeab21f31ec3992f6e128fff8a94be8a5
  steps:
  - name: build
    image: $(params.builder-image)
  - name: x
    image: busybox
    script: |
      #!/usr/bin/env bash
      echo hi
`,
    expected: [
      'gcr.io/kaniko-project/executor:v1.5.1@sha256:c6166717f7fe0b7da44908c986137ecfeab21f31ec3992f6e128fff8a94be8a5',
      'busybox',
    ],
  },
  {
    name: 'finds a flag and its value in two list items',
    given: yaml`
apiVersion: apps/v1
kind: Deployment
metadata: {name: tekton-pipelines-controller}
spec:
  template:
    spec:
      containers:
      - name: c
        image: ko://github.com/tektoncd/pipeline/cmd/controller
        args: [
          "-entrypoint-image", "ko://github.com/tektoncd/pipeline/cmd/entrypoint",
          "-nop-image", "ko://github.com/tektoncd/pipeline/cmd/nop",
          # This is a comment
          "-shell-image", "cgr.dev/chainguard/busybox@sha256:19f02276bf8dbdd62f069b922f10c65262cc34b710eea26ff928129a736be791",
          "-shell-image-win", "mcr.microsoft.com/powershell:nanoserver@sha256:b6d5ff841b78bdf2dfed7550000fd4f3437385b8fa686ec0f010be24777654d6",
        ]
`,
    expected: [
      'cgr.dev/chainguard/busybox@sha256:19f02276bf8dbdd62f069b922f10c65262cc34b710eea26ff928129a736be791',
      'mcr.microsoft.com/powershell:nanoserver@sha256:b6d5ff841b78bdf2dfed7550000fd4f3437385b8fa686ec0f010be24777654d6',
    ],
  },
  {
    name: 'finds a reference behind a flag that does not say image',
    given: yaml`
apiVersion: apps/v1
kind: Deployment
spec:
  template:
    spec:
      containers:
      - args:
        - --kubelet-service=kube-system/kubelet
        - --prometheus-config-reloader=quay.io/prometheus-operator/prometheus-config-reloader:v0.93.1
        image: quay.io/prometheus-operator/prometheus-operator:v0.93.1
`,
    expected: [
      'quay.io/prometheus-operator/prometheus-config-reloader:v0.93.1',
      'quay.io/prometheus-operator/prometheus-operator:v0.93.1',
    ],
  },
  {
    name: 'finds images in variables, and maps of them in a string',
    given: yaml`
apiVersion: apps/v1
kind: Deployment
metadata: {name: strimzi-cluster-operator}
spec:
  template:
    spec:
      containers:
        - name: strimzi-cluster-operator
          image: quay.io/strimzi/operator:1.2.0
          env:
            - name: STRIMZI_DEFAULT_TOPIC_OPERATOR_IMAGE
              value: quay.io/strimzi/operator:1.2.0
            - name: STRIMZI_KAFKA_IMAGES
              value: |
                4.3.1=quay.io/strimzi/kafka:1.2.0-kafka-4.3.1
                4.2.0=quay.io/strimzi/kafka:1.2.0-kafka-4.2.0
`,
    expected: [
      'quay.io/strimzi/operator:1.2.0',
      'quay.io/strimzi/operator:1.2.0',
      'quay.io/strimzi/kafka:1.2.0-kafka-4.3.1',
      'quay.io/strimzi/kafka:1.2.0-kafka-4.2.0',
    ],
  },
  {
    name: 'finds plain references in a ConfigMap by their shape',
    given: yaml`
apiVersion: v1
kind: ConfigMap
metadata: {name: rook-csi-operator-image-set-configmap}
data:
  provisioner: registry.k8s.io/sig-storage/csi-provisioner:v6.2.0
  plugin: "quay.io/cephcsi/cephcsi:v3.15.0"
`,
    expected: ['registry.k8s.io/sig-storage/csi-provisioner:v6.2.0', 'quay.io/cephcsi/cephcsi:v3.15.0'],
  },
  {
    name: 'finds a string under image in a custom resource',
    given: yaml`
apiVersion: ceph.rook.io/v1
kind: CephCluster
spec:
  cephVersion:
    image: quay.io/ceph/ceph:v20.2.0
    allowUnsupported: false
`,
    expected: ['quay.io/ceph/ceph:v20.2.0'],
  },
  {
    name: 'finds imageName',
    given: yaml`
apiVersion: postgresql.cnpg.io/v1
kind: Cluster
spec:
  imageName: ghcr.io/cloudnative-pg/postgresql:17.2
  imagePullPolicy: Always
`,
    expected: ['ghcr.io/cloudnative-pg/postgresql:17.2'],
  },
  {
    name: 'finds the images of a catalog',
    given: yaml`
apiVersion: postgresql.cnpg.io/v1
kind: ImageCatalog
spec:
  images:
    - major: 15
      image: ghcr.io/cloudnative-pg/postgresql:15.6
    - major: 16
      image: ghcr.io/cloudnative-pg/postgresql:16.8
`,
    expected: ['ghcr.io/cloudnative-pg/postgresql:15.6', 'ghcr.io/cloudnative-pg/postgresql:16.8'],
  },
  {
    name: 'finds an image per language',
    given: yaml`
apiVersion: opentelemetry.io/v1alpha1
kind: Instrumentation
spec:
  java: {image: "ghcr.io/open-telemetry/java:1.2"}
  nodejs: {image: img:1}
  python: {image: python:1}
  exporter: {endpoint: http://otel:4317}
`,
    expected: ['ghcr.io/open-telemetry/java:1.2', 'img:1', 'python:1'],
  },
  {
    name: 'finds tags that hold a digest in the values of a HelmRelease',
    given: yaml`
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: &app sonarr}
spec:
  chartRef: {kind: OCIRepository, name: app-template}
  values:
    controllers:
      sonarr:
        containers:
          app:
            image:
              repository: ghcr.io/onedr0p/sonarr
              tag: 4.0.1@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
            env:
              X: *app
        initContainers:
          init-db:
            image:
              repository: postgres
              tag: 16.3-alpine
`,
    expected: [
      'ghcr.io/onedr0p/sonarr:4.0.1@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa',
      'postgres:16.3-alpine',
    ],
  },
  {
    name: 'finds values in a string and parameters of an Application',
    given: yaml`
apiVersion: argoproj.io/v1alpha1
kind: Application
spec:
  source:
    repoURL: https://charts.example.com
    chart: foo
    targetRevision: 1.2.3
    helm:
      values: |
        image:
          repository: quay.io/foo/bar
          tag: v1
      parameters:
      - name: web.image.repository
        value: nginx
      - name: web.image.tag
        value: "1.27"
      - name: service.type
        value: LoadBalancer
`,
    expected: ['quay.io/foo/bar:v1', 'nginx:1.27'],
  },
  {
    name: 'finds the images an Application hands to kustomize',
    given: yaml`
apiVersion: argoproj.io/v1alpha1
kind: Application
spec:
  source:
    repoURL: https://github.com/argoproj/argocd-example-apps
    kustomize:
      images:
      - gcr.io/foo/bar:v2
      - foo=ghcr.io/a/b:1
`,
    expected: ['gcr.io/foo/bar:v2', 'ghcr.io/a/b:1'],
  },
  {
    name: 'finds images in a configuration kind',
    given: yaml`
apiVersion: config.kubeflow.org/v1beta1
kind: KatibConfig
runtime:
  suggestions:
  - algorithmName: random
    image: ghcr.io/kubeflow/katib/suggestion-hyperopt:v0.19
  metricsCollectors:
  - kind: File
    image: ghcr.io/kubeflow/katib/file-metrics-collector:v0.19
`,
    expected: [
      'ghcr.io/kubeflow/katib/suggestion-hyperopt:v0.19',
      'ghcr.io/kubeflow/katib/file-metrics-collector:v0.19',
    ],
  },
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
    name: 'finds a sidecar image by its key',
    given: yaml`
apiVersion: v1
kind: ConfigMap
data:
  queue-sidecar-image: gcr.io/knative-releases/knative.dev/serving/cmd/queue@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
  _example: |
    # registries to skip
    registries-skipping-tag-resolving: "kind.local,ko.local,dev.local"
    queue-sidecar-cpu-request: "25m"
`,
    expected: [
      'gcr.io/knative-releases/knative.dev/serving/cmd/queue@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa',
    ],
  },
  {
    name: 'finds an Image object',
    given: yaml`
apiVersion: caching.internal.knative.dev/v1alpha1
kind: Image
spec:
  image: gcr.io/x/autoscaler@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
`,
    expected: ['gcr.io/x/autoscaler@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'],
  },
  {
    name: 'finds what a policy generates',
    given: yaml`
apiVersion: kyverno.io/v1
kind: ClusterPolicy
spec:
  rules:
  - name: r
    generate:
      kind: Deployment
      data:
        spec:
          template:
            spec:
              containers:
              - name: nginx
                image: nginx:1.2
`,
    expected: ['nginx:1.2'],
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
    name: 'finds jobs, services, steps and inputs of a workflow, not what it builds',
    file: '.github/workflows/ci.yaml',
    given: yaml`
on: push
jobs:
  a:
    runs-on: ubuntu-latest
    container: node:18
    services:
      db:
        image: postgres:15
    steps:
    - uses: actions/checkout@v4
    - uses: helm/kind-action@v1
      with:
        node_image: kindest/node:v1.29.0@sha256:eaa1450915475849a73a9227b8f201df25e55e268e5d619312131292e324d570
    - uses: docker/build-push-action@v5
      with:
        tags: ghcr.io/foo/bar:latest
        images: ghcr.io/foo/bar
    - uses: docker://alpine:3.19
  b:
    runs-on: ubuntu-latest
    container:
      image: docker:dind
    env:
      REGISTRY: ghcr.io
      IMAGE_NAME: \${{ github.repository }}
      REGISTRY_IMAGE: ghcr.io/foo/bar
`,
    expected: [
      'node:18',
      'postgres:15',
      'kindest/node:v1.29.0@sha256:eaa1450915475849a73a9227b8f201df25e55e268e5d619312131292e324d570',
      'alpine:3.19',
      'docker:dind',
    ],
  },
  {
    name: 'finds images and services of GitLab CI',
    file: '.gitlab-ci.yml',
    given: yaml`
image: ruby:2.6
services:
  - name: docker:dind
build:
  image:
    name: node:18
    entrypoint: [""]
  script: ["echo"]
`,
    expected: ['ruby:2.6', 'docker:dind', 'node:18'],
  },
  {
    name: 'finds services of a Compose file',
    file: 'docker-compose.yml',
    given: yaml`
services:
  redis:
    image: redis:7
  app:
    image: ghcr.io/foo/bar
    build: .
    environment:
      - DB=postgres:5432
`,
    expected: ['redis:7', 'ghcr.io/foo/bar'],
  },
  {
    name: 'finds all forms of kustomization entries',
    file: 'k/kustomization.yaml',
    given: yaml`
resources: [a.yaml]
images:
- name: nginx
  newTag: "1.2"
- name: b
  newName: quay.io/a/b
  newTag: 2
- name: y
  newName: ghcr.io/x/y
- name: app
  tagSuffix: -rc
- name: noop
- name: z
  newName: a/b
  newTag: "1"
  digest: sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
`,
    expected: [
      'nginx:1.2',
      'quay.io/a/b:2',
      'ghcr.io/x/y',
      'app',
      'noop',
      'a/b:1@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa',
    ],
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
    name: 'finds a container disk',
    given: yaml`
apiVersion: kubevirt.io/v1
kind: VirtualMachine
spec:
  template:
    spec:
      volumes:
      - name: d
        containerDisk:
          image: quay.io/kubevirt/cirros-container-disk-demo:v1
`,
    expected: ['quay.io/kubevirt/cirros-container-disk-demo:v1'],
  },
  {
    name: 'finds a DockerImage reference',
    given: yaml`
apiVersion: image.openshift.io/v1
kind: ImageStream
spec:
  tags:
  - from: {kind: DockerImage, name: quay.io/foo/bar:latest}
    name: latest
`,
    expected: ['quay.io/foo/bar:latest'],
  },
  {
    name: 'finds an anchored reference once',
    given: yaml`
x: &img nginx:1.2
a: {image: *img}
b: {image: *img}
`,
    expected: ['nginx:1.2'],
  },
  {
    name: 'finds one reference per line in a list of images',
    file: 'images.txt',
    given: yaml`
# images
docker.io/rancher/foo:v1

quay.io/a/b:2
`,
    expected: ['docker.io/rancher/foo:v1', 'quay.io/a/b:2'],
  },
  {
    name: 'finds names in a list of images',
    given: yaml`
apiVersion: content.hauler.cattle.io/v1
kind: Images
spec:
  images:
  - name: ghcr.io/a/b:1
  - name: docker.io/x/y:2
`,
    expected: ['ghcr.io/a/b:1', 'docker.io/x/y:2'],
  },
  {
    name: 'finds references in a map of images',
    given: yaml`
images:
  operator: quay.io/x/op:v1
  sidecar: quay.io/x/side:v2
  tags:
    keystone: docker.io/keystone:1
  pull_policy: IfNotPresent
`,
    expected: ['quay.io/x/op:v1', 'quay.io/x/side:v2', 'docker.io/keystone:1'],
  },
  {
    name: 'finds a reference split over variables',
    given: yaml`
env:
- name: FOO_IMAGE_REPOSITORY
  value: quay.io/foo/bar
- name: FOO_IMAGE_TAG
  value: "1.2"
`,
    expected: ['quay.io/foo/bar:1.2'],
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
    name: 'finds a pod in a policy in a policy',
    given: yaml`
apiVersion: policy.open-cluster-management.io/v1
kind: Policy
spec:
  policy-templates:
  - objectDefinition:
      apiVersion: policy.open-cluster-management.io/v1
      kind: ConfigurationPolicy
      spec:
        object-templates:
        - complianceType: musthave
          objectDefinition:
            apiVersion: v1
            kind: Pod
            spec:
              containers:
              - image: nginx:1.7.9
                name: nginx
`,
    expected: ['nginx:1.7.9'],
  },
  {
    name: 'finds base images of a Dockerfile, not its stages',
    file: 'Dockerfile',
    given: yaml`
ARG X=1
FROM --platform=$BUILDPLATFORM golang:1.22 AS builder
COPY . .
FROM builder as b2
FROM gcr.io/distroless/static:nonroot
COPY --from=builder /x /x
`,
    expected: ['golang:1.22', 'gcr.io/distroless/static:nonroot'],
  },
  {
    name: 'finds a list of images of a component',
    given: yaml`
kind: ZarfPackageConfig
components:
- name: x
  images:
  - ghcr.io/a/b:1
  - quay.io/c/d:2
`,
    expected: ['ghcr.io/a/b:1', 'quay.io/c/d:2'],
  },
  {
    name: 'finds images of a machine that name a registry',
    given: yaml`
machine:
  install:
    image: factory.talos.dev/installer/abc:v1.9
  kubelet:
    image: ghcr.io/siderolabs/kubelet:v1.32
`,
    expected: ['factory.talos.dev/installer/abc:v1.9', 'ghcr.io/siderolabs/kubelet:v1.32'],
  },
  {
    name: 'finds a quoted image field in an expression',
    given: yaml`
apiVersion: admissionregistration.k8s.io/v1beta1
kind: MutatingAdmissionPolicy
spec:
  mutations:
  - patchType: JSONPatch
    jsonPatch:
      expression: >
        [
          JSONPatch{op: "add", path: "/spec/template/spec/initContainers/-",
            value: Object.spec.template.spec.initContainers.item{
              name: "jitter",
              image: "ghcr.io/home-operations/busybox:1.37.0@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
            }
          }
        ]
`,
    expected: [
      'ghcr.io/home-operations/busybox:1.37.0@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa',
    ],
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
    name: 'finds a setting whose dotted key ends in image',
    given: yaml`
apiVersion: sparkoperator.k8s.io/v1beta2
kind: SparkApplication
spec:
  sparkConf: {"spark.kubernetes.container.image": "apache/spark:3.5"}
`,
    expected: ['apache/spark:3.5'],
  },
  {
    name: 'leaves out what a flag says is built',
    given: yaml`
containers:
- image: gcr.io/kaniko-project/executor:debug
  args: ["--destination=ghcr.io/x/y:v1", "--dockerfile=Dockerfile"]
`,
    expected: ['gcr.io/kaniko-project/executor:debug'],
  },
  {
    name: 'finds snake-case keys and maps of images',
    given: yaml`
apiVersion: acid.zalan.do/v1
kind: OperatorConfiguration
configuration:
  docker_image: ghcr.io/zalando/spilo-16:3.2
  connection_pooler:
    connection_pooler_image: registry.opensource.zalan.do/acid/pgbouncer:master-32
  sidecar_docker_images:
    a: x/y:1
`,
    expected: [
      'ghcr.io/zalando/spilo-16:3.2',
      'registry.opensource.zalan.do/acid/pgbouncer:master-32',
      'x/y:1',
    ],
  },
  {
    name: 'finds images under utility_images',
    given: yaml`
plank:
  utility_images:
    clonerefs: gcr.io/k8s-prow/clonerefs:v2024
presubmits:
  a/b:
  - name: x
    spec:
      containers:
      - image: gcr.io/k8s-staging-test-infra/x:v1
`,
    expected: ['gcr.io/k8s-prow/clonerefs:v2024', 'gcr.io/k8s-staging-test-infra/x:v1'],
  },
  {
    name: 'finds a flag in a shell command',
    given: yaml`
spec:
  containers:
  - command: ["sh", "-c", "kubectl run x --image=busybox:1.36 --rm"]
`,
    expected: ['busybox:1.36'],
  },
];

describe('readDocument', () => {
  for (const { name, file, given, expected } of cases) {
    it(name, () => {
      const { fields, problems } = findImageFields(given, { fileName: file ?? 'manifest.yaml' });
      assert.deepEqual(
        fields.map((field) => field.reference),
        expected,
      );
      assert.deepEqual(problems, []);
      for (const part of fields.flatMap((field) => field.parts)) {
        assert.equal(given.slice(part.start, part.end), part.value);
      }
    });
  }
});

/** The text without the line end behind the opening quote. */
function yaml(strings: TemplateStringsArray): string {
  return strings.join('').slice(1);
}
