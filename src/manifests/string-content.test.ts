import { type FindingCase, testFindings, yaml } from './finding.fixture.ts';

const cases: readonly FindingCase[] = [
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
    name: 'leaves out what a flag says is built',
    given: yaml`
containers:
- image: gcr.io/kaniko-project/executor:debug
  args: ["--destination=ghcr.io/x/y:v1", "--dockerfile=Dockerfile"]
`,
    expected: ['gcr.io/kaniko-project/executor:debug'],
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
  {
    name: 'finds a setting in a file in a string',
    given: yaml`
spec:
  files:
  - path: /etc/containerd/config.toml
    content: |
      version = 2
      [plugins."io.containerd.grpc.v1.cri"]
        sandbox_image = "registry.k8s.io/pause:3.9"
`,
    expected: ['registry.k8s.io/pause:3.9'],
  },
  {
    name: 'finds what a script runs in a container, behind flags and their values',
    given: yaml`
args:
- until docker ps; do sleep 3; done; docker run --rm -v /a:/b -p 80:80 --name=x debian:latest cat /etc/os-release
- |
  docker run --privileged \\
    --network host quay.io/foo/bar:v1 sh -c true
  docker pull "alpine:3.20"
`,
    expected: ['debian:latest', 'quay.io/foo/bar:v1', 'alpine:3.20'],
  },
  {
    name: 'skips what a script builds before it runs it, variables and bare words',
    given: yaml`
args:
- docker build -t app:dev . && docker run app:dev
- docker run $IMAGE:v1
- docker run nginx
- docker run -e a:b
- we say docker run is fine
`,
    expected: [],
  },
];

testFindings('findPieces', cases);
