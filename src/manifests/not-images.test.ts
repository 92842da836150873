import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { findImageFields } from './find-image-fields.ts';
import { yaml } from './finding.fixture.ts';

const cases: readonly { name: string; file?: string; given: string }[] = [
  {
    name: 'a chart in an OCI registry',
    given: yaml`
apiVersion: source.toolkit.fluxcd.io/v1
kind: OCIRepository
spec:
  url: oci://ghcr.io/bjw-s-labs/helm/app-template
  ref: {tag: 4.0.1}
`,
  },
  {
    name: 'a tag without a repository',
    given: yaml`
spec:
  source:
    helm:
      parameters:
      - name: image.tag
        value: "0.1"
`,
  },
  {
    name: 'patterns of a PolicyException',
    given: yaml`
apiVersion: kyverno.io/v2
kind: PolicyException
spec:
  exceptions: []
  images: ["ghcr.io/kyverno/test:latest", "nginx:*"]
`,
  },
  {
    name: 'patterns and messages of a policy',
    given: yaml`
apiVersion: kyverno.io/v1
kind: ClusterPolicy
spec:
  rules:
  - name: r
    validate:
      message: "no latest ghcr.io/foo/bar:v1"
      pattern:
        spec:
          containers:
          - image: "!*:latest"
          - image: nginx:latest
  - name: v
    verifyImages:
    - imageReferences:
      - "ghcr.io/kyverno/test-verify-image:signed"
      - "ghcr.io/kyverno/*"
`,
  },
  {
    name: 'dependencies of a chart',
    file: 'Chart.yaml',
    given: yaml`
apiVersion: v2
dependencies:
- name: redis
  version: 17.0.0
  repository: https://charts.bitnami.com/bitnami
- name: common
  version: 1.0.0
  repository: oci://ghcr.io/foo/charts
  condition: x
`,
  },
  {
    name: 'defaults in a CustomResourceDefinition',
    given: yaml`
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
spec:
  versions:
  - schema:
      openAPIV3Schema:
        properties:
          image: {type: string, default: "quay.io/foo/bar:v1"}
`,
  },
  {
    name: 'images of machines',
    given: yaml`
apiVersion: kops.k8s.io/v1alpha2
kind: InstanceGroup
spec:
  image: 099720109477/ubuntu/images/hvm-ssd/ubuntu-focal-20.04-amd64-server-20210119.1
---
apiVersion: infrastructure.cluster.x-k8s.io/v1beta1
kind: OpenStackMachineTemplate
spec: {template: {spec: {image: ubuntu-2204}}}
---
pool:
  vmImage: ubuntu-latest
---
machine:
  image: ubuntu-2004:202010-01
`,
  },
  {
    name: 'a disk image',
    given: yaml`
apiVersion: harvesterhci.io/v1beta1
kind: VirtualMachineImage
spec:
  displayName: ubuntu
  url: https://cloud-images.ubuntu.com/focal/current/focal-server-cloudimg-amd64.img
`,
  },
  {
    name: 'pictures',
    given: yaml`
image: /assets/images/logo.png
image2: https://foo.bar/x.png
socialImage: foo/bar.svg
heroImage: landing/hero
`,
  },
  {
    name: 'placeholders and ko://',
    given: yaml`
a: {image: "\${IMAGE}"}
b: {image: "<image>"}
c: {image: $(params.image)}
d: {image: "{{ .Values.image }}"}
e: {image: ko://github.com/foo/bar}
f: {image: "%s/foo:bar"}
`,
  },
  {
    name: 'constraints of an image updater',
    given: yaml`
apiVersion: argocd-image-updater.argoproj.io/v1alpha1
kind: ImageUpdater
spec:
  applicationRefs:
  - images:
    - alias: nginx
      imageName: nginx:1.17.10
`,
  },
  {
    name: 'annotations of an image updater',
    given: yaml`
metadata:
  annotations:
    argocd-image-updater.argoproj.io/image-list: foo=ghcr.io/foo/bar:1.x
    argocd-image-updater.argoproj.io/foo.helm.image-name: image.repository
`,
  },
  {
    name: 'artifacts that skaffold builds',
    given: yaml`
apiVersion: skaffold/v4beta11
kind: Config
build:
  artifacts:
  - image: emailservice
    context: src
`,
  },
  {
    name: 'a registry called imageRepository',
    given: yaml`
apiVersion: kubeadm.k8s.io/v1beta3
kind: ClusterConfiguration
imageRepository: registry.k8s.io
`,
  },
  {
    name: 'a property of a schema called image',
    given: yaml`
components:
  schemas:
    Foo:
      properties:
        image: {type: string, description: the image, default: "nginx:1.2"}
`,
  },
  {
    name: 'a bundle of tasks',
    given: yaml`
spec:
  taskRef:
    bundle: gcr.io/tekton-releases/catalog/upstream/git-clone:0.7
    params: [{name: bundle, value: "gcr.io/tekton-releases/x/y:0.7"}]
`,
  },
  {
    name: 'an example in a schema',
    given: yaml`
definitions:
  x:
    properties:
      image: {type: string, example: "nginx:latest"}
`,
  },
  {
    name: 'charts of a helmfile',
    given: yaml`
releases:
- name: x
  chart: oci://ghcr.io/foo/bar
  version: 1.2
repositories:
- name: x
  url: https://foo
`,
  },
  {
    name: 'expressions over metrics',
    given: yaml`
spec:
  groups:
  - rules:
    - expr: |
        sum(container_memory{image!="", image=~"foo.*"}) by (image)
      annotations: {description: "image: nginx:1.2 is bad"}
`,
  },
  {
    name: 'prose',
    given: yaml`
spec:
  description: |
    image: quay.io/foo/bar:v1
    other: text
`,
  },
  {
    name: 'field paths of kustomize',
    given: yaml`
images:
- path: spec/image
  kind: Foo
`,
  },
  {
    name: 'empty values',
    given: yaml`
image: {}
b: {image: ""}
c: {image: null}
d: {image: ~}
env: [{name: IMAGE, value: ""}]
`,
  },
  {
    name: 'a registry and a tag without a name',
    given: yaml`
apiVersion: install.istio.io/v1alpha1
kind: IstioOperator
spec: {hub: docker.io/istio, tag: 1.2.3}
`,
  },
  {
    name: 'hosts with ports',
    given: yaml`
services: [{name: "db:5432"}]
hosts: ["registry.example.com:5000"]
backend: example.com/path:8080
`,
  },
  {
    name: 'patterns of images to verify',
    given: yaml`
apiVersion: kyverno.io/v1
kind: ClusterPolicy
spec:
  rules:
  - verifyImages:
    - image: ghcr.io/kyverno/test-verify-image
      key: abc
`,
  },
  {
    name: 'Go import paths that ko replaces',
    given: yaml`
containers:
- image: github.com/foo/pipeline/cmd/controller
- image: knative.dev/serving/cmd/queue
queueSidecarImage: gitlab.com/foo/bar
`,
  },
];

describe('what is no image', () => {
  for (const { name, file, given } of cases) {
    it(name, () => {
      assert.deepEqual(
        findImageFields(given, { fileName: file ?? 'manifest.yaml' }).fields.map((field) => field.reference),
        [],
      );
    });
  }
});
