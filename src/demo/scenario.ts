/**
 * Room `demo`: the first incident, re-enacted on loopback: a tag is rebuilt, new nodes pull other contents, only
 * some pods of one workload crash. May import the registry server and the model.
 */
import type { PushedImage } from '../registry-server/images.ts';
import type { RegistryServer } from '../registry-server/registry-server.ts';
import { clusterDump } from './cluster-dump.ts';
import { manifestFiles } from './manifest-files.ts';

/** The tag that moves, as in the incident; each build has a fixed tag beside it. */
const movingTag = 'v1.16-4.11-full';

const fluentd = 'kube-logging/fluentd';
const platforms = [
  { os: 'linux', architecture: 'amd64' },
  { os: 'linux', architecture: 'arm64' },
];

export type Scenario = {
  /** Where the tag that moves lives, without tag. */
  readonly repository: string;
  readonly movingReference: string;
  /** What the incident's nodes of the first day pulled, and what those added later got. */
  readonly good: PushedImage;
  /** Path → content of the files of a demo folder. */
  readonly files: Readonly<Record<string, string>>;
  /** Someone rebuilds the image and pushes it under the same tag. Answers the cluster as it is afterwards. */
  rebuild(now: number): string;
};

/** Fills a registry with the images of the first day. */
export function setUpScenario(server: RegistryServer): Scenario {
  const build = (number: number, gems: string): PushedImage =>
    server.pushImage({
      repository: fluentd,
      tag: movingTag,
      alsoTags: [`${movingTag}-build.${number}`],
      platforms,
      labels: {
        'org.opencontainers.image.version': `${movingTag}-build.${number}`,
        'org.opencontainers.image.source': 'https://github.com/kube-logging/fluentd-images',
      },
      seed: `fluentd build ${number}`,
      files: { 'usr/lib/gems.lock': gems },
    });
  const good = build(168, 'fluent-plugin-prometheus 2.1.0\n');
  for (const [repository, tag] of others) server.pushImage({ repository, tag, platforms });
  return {
    repository: `${server.host}/${fluentd}`,
    movingReference: `${server.host}/${fluentd}:${movingTag}`,
    good,
    files: manifestFiles(server.host, movingTag),
    rebuild(now) {
      const bad = build(169, 'fluent-plugin-prometheus 2.2.0\n');
      return clusterDump({ registry: server.host, tag: movingTag, good: good.digest, bad: bad.digest, now });
    },
  };
}

const others = [
  ['kube-logging/config-reloader', 'v0.0.6'],
  ['kube-logging/logging-operator', '5.0.1'],
  ['fluent/fluent-bit', '3.1.8'],
  ['library/busybox', 'latest'],
] as const;
