import { policy, repository } from '../objects.ts';
import { apply, flux, kubectl, look, run, type Scenario, tags } from '../scenario.ts';

/** What Flux's command line, kubectl and Prometheus read. */
export const commands: readonly Scenario[] = [
  {
    name: 'as kubectl shows it',
    steps: [
      tags('1.0.0', '1.1.0'),
      apply(repository('app'), policy('app'), repository('broken', { image: 'https://open.test/image' })),
      look('settled'),
      kubectl('wait --for=condition=Ready --timeout=5s imagerepository/app imagepolicy/app'),
      kubectl('wait --for=condition=Stalled --timeout=5s imagerepository/broken'),
      kubectl('wait --for=condition=Ready --timeout=1s imagerepository/broken'),
      kubectl('get imagerepositories -o wide'),
      kubectl('get imagepolicies -o wide'),
      ...['imgrepo', 'imagerepo', 'imgpol', 'imagepol', 'fluxcd-images', 'fluxcd'].map((name) =>
        kubectl(`get ${name} -o name`),
      ),
    ],
  },
  {
    name: 'as flux shows it',
    steps: [
      tags('1.0.0', '1.1.0'),
      apply(repository('app'), policy('app'), repository('broken', { image: 'https://open.test/image' })),
      look('settled'),
      flux('get images all'),
      flux('get image repository app'),
      flux('get image policy app'),
      tags('1.0.0', '1.1.0', '1.2.0'),
      flux('reconcile image repository app'),
      look('reconciled'),
      flux('reconcile image policy app'),
      flux('get image policy'),
      flux('reconcile image repository broken --timeout=5s'),
      flux('suspend image repository app'),
      flux('get image repository app'),
      flux('reconcile image repository app'),
      flux('resume image repository app'),
      look('resumed'),
      flux('get images all --status-selector=ready=true'),
      flux('export image policy app'),
      flux('delete image policy app --silent'),
      look('deleted'),
    ],
  },
  {
    name: 'as flux makes and rests it',
    steps: [
      tags('1.0.0', '1.1.0'),
      apply(repository('app'), policy('app')),
      look('settled'),
      flux('get image repository --no-header'),
      flux('get image policy nobody'),
      flux('export image repository --all'),
      flux('suspend image policy app'),
      flux('get image policy app'),
      flux('resume image policy app'),
      flux('suspend image repository --all'),
      flux('resume image repository app --timeout=5s'),
      flux('create image policy made --image-ref=app --select-semver=^1 --timeout=5s'),
      flux('delete image repository app --silent'),
      look('deleted'),
    ],
  },
  {
    name: 'as Prometheus reads it',
    steps: [
      tags('1.0.0'),
      apply(repository('app'), policy('app')),
      look('settled'),
      run('gotk', { program: 'metrics', names: /^gotk_/ }),
      run('controller-runtime', {
        program: 'metrics',
        names: /^(controller_runtime_(reconcile|max|active)|workqueue|leader_election)/,
      }),
    ],
  },
];
