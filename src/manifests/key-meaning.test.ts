import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type KeyMeaning, keyMeaning, keyWords } from './key-meaning.ts';

const cases: readonly (readonly [meaning: KeyMeaning, keys: string])[] = [
  [
    'image',
    'image imageName sidecarImage V2_LAUNCHER_IMAGE queue-sidecar-image node_image IMAGE image-ref imageURI',
  ],
  [
    'image',
    'RELATED_IMAGE_GIT_REPOSITORY spark.kubernetes.container.image -shell-image --acme-http01-solver-image',
  ],
  ['images', 'images utility_images relatedImages sidecar_docker_images'],
  ['mention', '-shell-image-win imageGroupOne prometheusImageSpecial'],
  [
    'none',
    'imagePullPolicy imagePullSecrets imageTag imageRegistry image.repository imageRepository imageID',
  ],
  ['none', 'osImage vmImage logoImage heroImage exemptImages allowedImages machineImage backgroundImage'],
  ['none', 'name tag imagine (image) {image} repository'],
];

describe('keyMeaning', () => {
  for (const [meaning, keys] of cases) {
    for (const key of keys.split(' ')) {
      it(`${key} says ${meaning}`, () => {
        assert.equal(keyMeaning(key), meaning);
      });
    }
  }

  it('takes a sentence for no key', () => {
    assert.equal(keyMeaning('echo image'), 'none');
  });
});

describe('keyWords', () => {
  it('divides camel, snake, kebab and dotted keys', () => {
    assert.deepEqual(keyWords('cephImage.repository'), ['ceph', 'image', 'repository']);
    assert.deepEqual(keyWords('V2_LAUNCHER_IMAGE'), ['v2', 'launcher', 'image']);
    assert.deepEqual(keyWords('imageURL'), ['image', 'url']);
    assert.deepEqual(keyWords('queue-sidecar-image'), ['queue', 'sidecar', 'image']);
  });
});
