/**
 * A sample of real files labelled by reading them: what a person calls an image field there, and where its
 * name stands. Files without any are labelled too. Not labelled as images: placeholders, what a kustomization
 * or workflow only matches or builds, what chart tests expect, schemas, status, repositories watched for tags,
 * OCI artifacts that are no images.
 */
export type Label = readonly [line: number, reference: string];

/** By path under the corpus's `manifests` folder. */
export const labels: Readonly<Record<string, readonly Label[]>> = {
  'descheduler/.github/workflows/manifests.yaml': [[12, 'localhost/kindest/node:v1.36.1']],
  'descheduler/.github/workflows/security.yaml': [[34, 'descheduler:security-test']],
  'descheduler/charts/descheduler/Chart.yaml': [],
  'descheduler/charts/descheduler/templates/cronjob.yaml': [],
  'descheduler/charts/descheduler/templates/deployment.yaml': [],
  'descheduler/charts/descheduler/values.yaml': [[9, 'registry.k8s.io/descheduler/descheduler']],
  'descheduler/cloudbuild.yaml': [
    [
      10,
      'gcr.io/k8s-staging-test-infra/gcb-docker-gcloud@sha256:ff388e0dc16351e96f8464e2e185b74a7578a5ccb7a112cf3393468e59e6e2d2',
    ],
  ],
  'descheduler/kubernetes/cronjob/cronjob.yaml': [[19, 'registry.k8s.io/descheduler/descheduler:v0.36.0']],
  'descheduler/kubernetes/deployment/deployment.yaml': [
    [22, 'registry.k8s.io/descheduler/descheduler:v0.36.0'],
  ],
  'descheduler/vendor/github.com/client9/misspell/.travis.yml': [],
  'descheduler/vendor/github.com/fsnotify/fsnotify/.cirrus.yml': [],
  'descheduler/vendor/github.com/go-openapi/swag/.golangci.yml': [],
  'descheduler/vendor/github.com/go-openapi/swag/.mockery.yml': [],
  'descheduler/vendor/github.com/spf13/pflag/.travis.yml': [],
  'descheduler/vendor/go.opentelemetry.io/otel/.clomonitor.yml': [],
  'descheduler/vendor/k8s.io/apimachinery/pkg/util/managedfields/node.yaml': [],
  'descheduler/vendor/k8s.io/apimachinery/pkg/util/managedfields/pod.yaml': [[47, 'some-image-name']],
  'descheduler/vendor/k8s.io/client-go/rest/.mockery.yaml': [],
  'descheduler/vendor/sigs.k8s.io/mdtoc/.mdtoc-bom-config.yaml': [],
  'external-dns/.ko.yaml': [[1, 'gcr.io/distroless/static-debian12:latest']],
  'external-dns/charts/external-dns/crds/dnsendpoints.externaldns.k8s.io.yaml': [],
  'external-dns/charts/external-dns/templates/deployment.yaml': [],
  'external-dns/charts/external-dns/templates/secret.yaml': [],
  'external-dns/charts/external-dns/tests/deployment-flags_test.yaml': [],
  'external-dns/charts/external-dns/tests/notes_test.yaml': [],
  'external-dns/charts/external-dns/values.yaml': [[11, 'registry.k8s.io/external-dns/external-dns']],
  'external-dns/cloudbuild.yaml': [[8, 'docker.io/library/golang:1.26.6-bookworm']],
  'external-dns/docs/snippets/traefik-proxy/without-rbac.yaml': [
    [19, 'registry.k8s.io/external-dns/external-dns:v0.22.0'],
  ],
  'external-dns/docs/snippets/tutorials/aws-localstack/foo-app.yml': [[35, 'nginx:latest']],
  'external-dns/docs/snippets/tutorials/coredns/kind.yaml': [
    [17, 'kindest/node:v1.33.0'],
    [38, 'kindest/node:v1.33.0'],
  ],
  'external-dns/docs/snippets/tutorials/coredns/values-coredns.yaml': [[52, 'busybox:1.37']],
  'external-dns/docs/snippets/tutorials/rfc2136/bind9.yaml': [
    [84, 'busybox:1.36'],
    [99, 'internetsystemsconsortium/bind9:9.21'],
  ],
  'external-dns/e2e/provider/etcd.yaml': [[54, 'quay.io/coreos/etcd:v3.6.0']],
  'external-dns/kustomize/external-dns-deployment.yaml': [[19, 'registry.k8s.io/external-dns/external-dns']],
  'external-dns/kustomize/kustomization.yaml': [[5, 'registry.k8s.io/external-dns/external-dns:v0.22.0']],
  'external-dns/mkdocs.yml': [],
  'flux2/.github/workflows/action.yaml': [],
  'flux2/.github/workflows/conformance.yaml': [],
  'flux2/.github/workflows/e2e-bootstrap.yaml': [[35, 'ghcr.io/fluxcd/kindest/node:v1.36.1-amd64']],
  'flux2/.github/workflows/e2e.yaml': [
    [21, 'registry:3'],
    [43, 'ghcr.io/fluxcd/kindest/node:v1.34.1-amd64'],
  ],
  'flux2/.github/workflows/release.yaml': [],
  'flux2/.goreleaser.yml': [],
  'flux2/cmd/flux/testdata/build-kustomization/new-namespace-and-configmap/configmap.yaml': [],
  'flux2/cmd/flux/testdata/build-kustomization/podinfo-with-my-app-result.yaml': [],
  'flux2/cmd/flux/testdata/build-kustomization/podinfo/deployment.yaml': [
    [26, 'ghcr.io/stefanprodan/podinfo:6.0.10'],
  ],
  'flux2/cmd/flux/testdata/create_image_update/no-signing.yaml': [],
  'flux2/cmd/flux/testdata/debug_helmrelease/objects.yaml': [
    [18, 'stefanprodan/podinfo:5.0.0'],
    [33, 'stefanprodan/podinfo:5.0.0'],
    [61, 'stefanprodan/podinfo:5.0.0'],
  ],
  'flux2/cmd/flux/testdata/debug_helmrelease/values-inline.golden.yaml': [[2, 'stefanprodan/podinfo:5.0.0']],
  'flux2/cmd/flux/testdata/migrate/file-system/dir.golden/some-dir/another-file-link.yaml': [],
  'flux2/cmd/flux/testdata/trace/deployment.yaml': [[35, 'busybox']],
  'flux2/cmd/flux/testdata/trace/helmrelease-oci.yaml': [],
  'flux2/manifests/bases/image-automation-controller/kustomization.yaml': [],
  'flux2/manifests/bases/image-reflector-controller/kustomization.yaml': [],
  'flux2/manifests/install/kustomization.yaml': [
    [18, 'ghcr.io/fluxcd/source-controller'],
    [20, 'ghcr.io/fluxcd/kustomize-controller'],
    [22, 'ghcr.io/fluxcd/helm-controller'],
    [24, 'ghcr.io/fluxcd/notification-controller'],
    [26, 'ghcr.io/fluxcd/image-reflector-controller'],
    [28, 'ghcr.io/fluxcd/image-automation-controller'],
    [30, 'ghcr.io/fluxcd/source-watcher'],
  ],
  'flux2/manifests/openshift/kustomization.yaml': [
    [19, 'ghcr.io/fluxcd/source-controller'],
    [21, 'ghcr.io/fluxcd/source-watcher'],
    [23, 'ghcr.io/fluxcd/kustomize-controller'],
    [25, 'ghcr.io/fluxcd/helm-controller'],
    [27, 'ghcr.io/fluxcd/notification-controller'],
    [29, 'ghcr.io/fluxcd/image-reflector-controller'],
    [31, 'ghcr.io/fluxcd/image-automation-controller'],
  ],
  'flux2/manifests/policies/kustomization.yaml': [],
  'flux2/manifests/rbac/controller.yaml': [],
  'flux2/tests/image-automation/auto.yaml': [],
  'flux2/tests/image-automation/kustomization.yaml': [
    [
      8,
      'ghcr.io/stefanprodan/podinfo:6.8.0@sha256:6c1975b871efb327528c84d46d38e6dd7906eecee6402bc270eeb7f1b1a506df',
    ],
  ],
  'ingress-nginx/.github/workflows/plugin.yaml': [],
  'ingress-nginx/.golangci.yml': [],
  'ingress-nginx/charts/ingress-nginx/ci/controller-daemonset-values.yaml': [
    [3, 'ingress-controller/controller:1.0.0-dev'],
  ],
  'ingress-nginx/charts/ingress-nginx/templates/admission-webhooks/job-patch/job-createSecret.yaml': [],
  'ingress-nginx/charts/ingress-nginx/templates/controller-deployment.yaml': [],
  'ingress-nginx/charts/ingress-nginx/tests/controller-deployment_test.yaml': [
    [126, 'busybox'],
    [
      211,
      'custom-repo/custom-image:v1.0.0-dev@sha256:faa2d18687f734994b6bd9e309e7a73852a81c30e1b8f63165fcd4f0a087e3cd',
    ],
  ],
  'ingress-nginx/charts/ingress-nginx/tests/controller-service_test.yaml': [],
  'ingress-nginx/charts/ingress-nginx/tests/default-backend-deployment_test.yaml': [
    [
      173,
      'custom-repo/custom-image:v1.0.0-dev@sha256:faa2d18687f734994b6bd9e309e7a73852a81c30e1b8f63165fcd4f0a087e3cd',
    ],
  ],
  'ingress-nginx/charts/ingress-nginx/values.yaml': [
    [
      29,
      'ingress-nginx/controller:v1.15.1@sha256:594ceea76b01c592858f803f9ff4d2cb40542cae2060410b2c95f75907d659e1',
    ],
    [
      852,
      'ingress-nginx/kube-webhook-certgen:v1.6.9@sha256:01038e7de14b78d702d2849c3aad72fd25903c4765af63cf16aa3398f5d5f2dd',
    ],
    [1031, 'defaultbackend-amd64:1.5'],
  ],
  'ingress-nginx/deploy/grafana/kustomization.yaml': [[11, 'grafana/grafana']],
  'ingress-nginx/deploy/prometheus/kustomization.yaml': [[14, 'prom/prometheus']],
  'ingress-nginx/deploy/static/provider/cloud/deploy.yaml': [
    [
      446,
      'registry.k8s.io/ingress-nginx/controller:v1.15.1@sha256:594ceea76b01c592858f803f9ff4d2cb40542cae2060410b2c95f75907d659e1',
    ],
    [
      549,
      'registry.k8s.io/ingress-nginx/kube-webhook-certgen:v1.6.9@sha256:01038e7de14b78d702d2849c3aad72fd25903c4765af63cf16aa3398f5d5f2dd',
    ],
    [
      605,
      'registry.k8s.io/ingress-nginx/kube-webhook-certgen:v1.6.9@sha256:01038e7de14b78d702d2849c3aad72fd25903c4765af63cf16aa3398f5d5f2dd',
    ],
  ],
  'ingress-nginx/deploy/static/provider/do/deploy.yaml': [
    [
      449,
      'registry.k8s.io/ingress-nginx/controller:v1.15.1@sha256:594ceea76b01c592858f803f9ff4d2cb40542cae2060410b2c95f75907d659e1',
    ],
    [
      552,
      'registry.k8s.io/ingress-nginx/kube-webhook-certgen:v1.6.9@sha256:01038e7de14b78d702d2849c3aad72fd25903c4765af63cf16aa3398f5d5f2dd',
    ],
    [
      608,
      'registry.k8s.io/ingress-nginx/kube-webhook-certgen:v1.6.9@sha256:01038e7de14b78d702d2849c3aad72fd25903c4765af63cf16aa3398f5d5f2dd',
    ],
  ],
  'ingress-nginx/docs/examples/chashsubset/deployment.yaml': [
    [20, 'registry.k8s.io/e2e-test-images/echoserver:2.3'],
  ],
  'ingress-nginx/docs/examples/customization/custom-errors/custom-default-backend.helm.values.yaml': [
    [
      7,
      'registry.k8s.io/ingress-nginx/custom-error-pages:v1.2.9@sha256:203d3020005dbdd735c1ad51f238d8663b9851399b52cc0c9c9e3f7273b6b299',
    ],
  ],
  'ingress-nginx/docs/examples/docker-registry/ingress-without-tls.yaml': [],
  'ingress-nginx/hack/manifest-templates/provider/aws/values.yaml': [],
  'ingress-nginx/images/nginx/cloudbuild.yaml': [[7, 'gcr.io/cloud-builders/docker']],
  'ingress-nginx/test/e2e-image/namespace-overlays/topology/values.yaml': [
    [5, 'ingress-controller/controller:1.0.0-dev'],
  ],
  'logging-operator/.github/workflows/artifacts.yaml': [],
  'logging-operator/.github/workflows/e2e.yaml': [
    [191, 'kindest/node:v1.33.0@sha256:02f73d6ae3f11ad5d543f16736a2cb2a63a300ad60e81dac22099b0b04784a4e'],
    [193, 'kindest/node:v1.34.0@sha256:7416a61b42b1662ca6ca89f02028ac133a309a2a30ba309614e8ec94d976dc5a'],
    [195, 'kindest/node:v1.35.0@sha256:452d707d4862f52530247495d180205e029056831160e22870e37e3f6c1ac31f'],
  ],
  'logging-operator/charts/logging-operator/crds/logging.banzaicloud.io_fluentdconfigs.yaml': [],
  'logging-operator/charts/logging-operator/templates/deployment.yaml': [],
  'logging-operator/charts/logging-operator/values.yaml': [
    [9, 'ghcr.io/kube-logging/logging-operator'],
    [264, 'ghcr.io/kube-logging/eventrouter:1.0.0'],
    [326, 'fluent/fluent-bit'],
  ],
  'logging-operator/config/manager/manager.yaml': [[30, 'controller:local']],
  'logging-operator/config/samples/archive/logging_v1alpha2_logging_debug.yaml': [
    [13, 'fluent/fluent-bit:1.9.10-debug'],
  ],
  'logging-operator/config/samples/extensions/testpod_annotated_multicontainer.yaml': [
    [8, 'nginx'],
    [10, 'debian'],
  ],
  'logging-operator/config/samples/logging_logging_fluentd_sidecars.yaml': [[14, 'alpine']],
  'logging-operator/config/samples/mulitenant-hard/logging/receiver-infra.yaml': [[39, 'fluent/fluent-bit']],
  'logging-operator/config/samples/syslog-ng-otlp/opentelemetry.yaml': [
    [39, 'otel/opentelemetry-collector-contrib:0.104.0'],
  ],
  'logging-operator/hack/values.yaml': [
    [5, 'controller:local'],
    [14, 'fluentd-full:local'],
    [17, 'config-reloader:local'],
    [22, 'config-reloader:local'],
  ],
  'microservices-demo/.deploystack/test.yaml': [[23, 'gcr.io/cloudshell-images/cloudshell:latest']],
  'microservices-demo/cloudbuild.yaml': [[30, 'gcr.io/k8s-skaffold/skaffold:v2.16.1']],
  'microservices-demo/helm-chart/templates/cartservice.yaml': [
    [255, 'redis:alpine@sha256:8096655e437712b07503796fb64d81359256cfcff0ab29d95a7da72863786efb'],
  ],
  'microservices-demo/helm-chart/templates/opentelemetry-collector.yaml': [
    [74, 'busybox:1.38.0@sha256:fd8d9aa63ba2f0982b5304e1ee8d3b90a210bc1ffb5314d980eb6962f1a9715d'],
    [
      99,
      'otel/opentelemetry-collector-contrib:0.157.0@sha256:f2f01157055a9b2aab9df7118e1f1c9abf345e99b23bc7a2bc791db374a7d0f6',
    ],
  ],
  'microservices-demo/helm-chart/templates/recommendationservice.yaml': [],
  'microservices-demo/helm-chart/values.yaml': [],
  'microservices-demo/kubernetes-manifests/adservice.yaml': [[46, 'adservice']],
  'microservices-demo/kustomize/base/cartservice.yaml': [
    [46, 'us-central1-docker.pkg.dev/online-boutique-ci/microservices-demo/cartservice:v0.10.6'],
    [118, 'redis:alpine'],
  ],
  'microservices-demo/kustomize/components/container-images-registry/kustomization.yaml': [],
  'microservices-demo/kustomize/components/container-images-tag-suffix/kustomization.yaml': [
    [18, 'us-central1-docker.pkg.dev/online-boutique-ci/microservices-demo/adservice'],
    [20, 'us-central1-docker.pkg.dev/online-boutique-ci/microservices-demo/cartservice'],
    [22, 'us-central1-docker.pkg.dev/online-boutique-ci/microservices-demo/checkoutservice'],
    [24, 'us-central1-docker.pkg.dev/online-boutique-ci/microservices-demo/currencyservice'],
    [26, 'us-central1-docker.pkg.dev/online-boutique-ci/microservices-demo/emailservice'],
    [28, 'us-central1-docker.pkg.dev/online-boutique-ci/microservices-demo/frontend'],
    [30, 'us-central1-docker.pkg.dev/online-boutique-ci/microservices-demo/loadgenerator'],
    [32, 'us-central1-docker.pkg.dev/online-boutique-ci/microservices-demo/paymentservice'],
    [34, 'us-central1-docker.pkg.dev/online-boutique-ci/microservices-demo/productcatalogservice'],
    [36, 'us-central1-docker.pkg.dev/online-boutique-ci/microservices-demo/recommendationservice'],
    [38, 'us-central1-docker.pkg.dev/online-boutique-ci/microservices-demo/shippingservice'],
  ],
  'microservices-demo/kustomize/components/container-images-tag/kustomization.yaml': [
    [18, 'us-central1-docker.pkg.dev/online-boutique-ci/microservices-demo/adservice:CONTAINER_IMAGES_TAG'],
    [20, 'us-central1-docker.pkg.dev/online-boutique-ci/microservices-demo/cartservice:CONTAINER_IMAGES_TAG'],
    [
      22,
      'us-central1-docker.pkg.dev/online-boutique-ci/microservices-demo/checkoutservice:CONTAINER_IMAGES_TAG',
    ],
    [
      24,
      'us-central1-docker.pkg.dev/online-boutique-ci/microservices-demo/currencyservice:CONTAINER_IMAGES_TAG',
    ],
    [
      26,
      'us-central1-docker.pkg.dev/online-boutique-ci/microservices-demo/emailservice:CONTAINER_IMAGES_TAG',
    ],
    [28, 'us-central1-docker.pkg.dev/online-boutique-ci/microservices-demo/frontend:CONTAINER_IMAGES_TAG'],
    [
      30,
      'us-central1-docker.pkg.dev/online-boutique-ci/microservices-demo/loadgenerator:CONTAINER_IMAGES_TAG',
    ],
    [
      32,
      'us-central1-docker.pkg.dev/online-boutique-ci/microservices-demo/paymentservice:CONTAINER_IMAGES_TAG',
    ],
    [
      34,
      'us-central1-docker.pkg.dev/online-boutique-ci/microservices-demo/productcatalogservice:CONTAINER_IMAGES_TAG',
    ],
    [
      36,
      'us-central1-docker.pkg.dev/online-boutique-ci/microservices-demo/recommendationservice:CONTAINER_IMAGES_TAG',
    ],
    [
      38,
      'us-central1-docker.pkg.dev/online-boutique-ci/microservices-demo/shippingservice:CONTAINER_IMAGES_TAG',
    ],
  ],
  'microservices-demo/release/kubernetes-manifests.yaml': [
    [53, 'us-central1-docker.pkg.dev/online-boutique-ci/microservices-demo/frontend:v0.10.6'],
    [180, 'us-central1-docker.pkg.dev/online-boutique-ci/microservices-demo/adservice:v0.10.6'],
    [255, 'us-central1-docker.pkg.dev/online-boutique-ci/microservices-demo/currencyservice:v0.10.6'],
    [329, 'us-central1-docker.pkg.dev/online-boutique-ci/microservices-demo/cartservice:v0.10.6'],
    [401, 'redis:alpine'],
    [494, 'busybox:1.38.0@sha256:fd8d9aa63ba2f0982b5304e1ee8d3b90a210bc1ffb5314d980eb6962f1a9715d'],
    [507, 'us-central1-docker.pkg.dev/online-boutique-ci/microservices-demo/loadgenerator:v0.10.6'],
    [559, 'us-central1-docker.pkg.dev/online-boutique-ci/microservices-demo/recommendationservice:v0.10.6'],
    [635, 'us-central1-docker.pkg.dev/online-boutique-ci/microservices-demo/checkoutservice:v0.10.6'],
    [718, 'us-central1-docker.pkg.dev/online-boutique-ci/microservices-demo/emailservice:v0.10.6'],
    [793, 'us-central1-docker.pkg.dev/online-boutique-ci/microservices-demo/paymentservice:v0.10.6'],
    [865, 'us-central1-docker.pkg.dev/online-boutique-ci/microservices-demo/shippingservice:v0.10.6'],
    [939, 'us-central1-docker.pkg.dev/online-boutique-ci/microservices-demo/productcatalogservice:v0.10.6'],
  ],
  'microservices-demo/skaffold.yaml': [],
};
