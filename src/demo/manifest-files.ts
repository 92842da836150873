/** The manifests of the demo: a StatefulSet, a DaemonSet, a Helm values file and a kustomization. */
export function manifestFiles(registry: string, movingTag: string): Readonly<Record<string, string>> {
  return {
    'manifests/fluentd.yaml': `# The aggregator. The operator hard-wires this tag.
apiVersion: apps/v1
kind: StatefulSet
metadata:
  name: platform-fluentd
  namespace: logging
spec:
  serviceName: platform-fluentd
  replicas: 5
  selector:
    matchLabels: { app: fluentd }
  template:
    metadata:
      labels: { app: fluentd }
    spec:
      containers:
        - name: fluentd
          image: ${registry}/kube-logging/fluentd:${movingTag}
          imagePullPolicy: IfNotPresent
        - name: config-reloader
          image: "${registry}/kube-logging/config-reloader:v0.0.6" # reloads on change
`,
    'manifests/fluent-bit.yaml': `apiVersion: apps/v1
kind: DaemonSet
metadata: { name: forwarder, namespace: logging }
spec:
  selector: { matchLabels: { app: fluent-bit } }
  template:
    metadata: { labels: { app: fluent-bit } }
    spec:
      initContainers:
        - { name: prepare, image: '${registry}/library/busybox' }
      containers:
        - name: fluent-bit
          image: ${registry}/fluent/fluent-bit:3.1.8
`,
    'manifests/operator/values.yaml': `# Values of the logging-operator chart.
image:
  repository: ${registry}/kube-logging/logging-operator
  tag: 5.0.1
  pullPolicy: IfNotPresent
replicaCount: 1
`,
    'manifests/kustomization.yaml': `apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources:
  - fluentd.yaml
  - fluent-bit.yaml
images:
  - name: ${registry}/fluent/fluent-bit
    newTag: 3.1.8
`,
  };
}
