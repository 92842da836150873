import { type FindingCase, testFindings, yaml } from './finding.fixture.ts';

const cases: readonly FindingCase[] = [
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
    name: 'finds a capitalised key',
    given: yaml`
Resources:
  T: {Properties: {ContainerDefinitions: [{Name: a, Image: "nginx:1.2"}]}}
`,
    expected: ['nginx:1.2'],
  },
  {
    name: 'finds a parameter by its name',
    given: yaml`
spec:
  arguments:
    parameters:
    - {name: base-image, value: "alpine:3.6"}
    - {name: message, value: "hello:world"}
`,
    expected: ['alpine:3.6'],
  },
  {
    name: 'takes an empty digest for none',
    given: yaml`
image: {repository: velero/velero, tag: v1.14, digest: }
initContainers:
  - name: p
    image: velero/velero-plugin-for-aws:v1.10
`,
    expected: ['velero/velero:v1.14', 'velero/velero-plugin-for-aws:v1.10'],
  },
  {
    name: 'finds a reference behind docker:// whatever its key',
    given: yaml`
apiVersion: cdi.kubevirt.io/v1beta1
kind: DataVolume
spec:
  source:
    registry:
      url: "docker://ghcr.io/foo/data:v1"
`,
    expected: ['ghcr.io/foo/data:v1'],
  },
];

testFindings('readDocument', cases);
