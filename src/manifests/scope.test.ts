import { type FindingCase, testFindings, yaml } from './finding.fixture.ts';

const cases: readonly FindingCase[] = [
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
    name: 'finds images of a matrix, not what it only names',
    file: '.github/workflows/x.yml',
    given: yaml`
on: push
jobs:
  a:
    strategy: {matrix: {image: ['ubuntu:22.04', 'debian:12'], os: [ubuntu-latest]}}
    container: \${{ matrix.image }}
`,
    expected: ['ubuntu:22.04', 'debian:12'],
  },
  {
    name: 'finds containers of CircleCI, not machines',
    given: yaml`
jobs:
  build:
    docker:
    - image: cimg/go:1.22
    machine:
      image: ubuntu-2204:2024.01.1
`,
    expected: ['cimg/go:1.22'],
  },
  {
    name: 'finds a lock of images, not its notes',
    given: yaml`
apiVersion: imgpkg.carvel.dev/v1alpha1
kind: ImagesLock
images:
- image: docker.io/x/y@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
  annotations:
    kbld.carvel.dev/id: docker.io/x/y:1
`,
    expected: ['docker.io/x/y@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'],
  },
  {
    name: 'finds functions of a Kptfile',
    given: yaml`
apiVersion: kpt.dev/v1
kind: Kptfile
pipeline:
  mutators:
  - image: gcr.io/kpt-fn/set-namespace:v0.1
`,
    expected: ['gcr.io/kpt-fn/set-namespace:v0.1'],
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
];

testFindings('files with a meaning of their own', cases);
