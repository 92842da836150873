import { type Annotations, parseObject, readAnnotations, readPlatform } from './manifest.ts';
import type { Platform } from './platform.ts';

/** The part of an image config that Holdfast reads. Source: OCI image spec 1.1, config.md. */
export type ImageConfig = {
  readonly platform: Platform | undefined;
  readonly labels: Annotations;
  /** As written, RFC 3339; absent where the build left it out. */
  readonly created: string | undefined;
};

/** @throws OciError `CONFIG_UNREADABLE` */
export function parseImageConfig(bytes: Uint8Array): ImageConfig {
  const document = parseObject(bytes, 'CONFIG_UNREADABLE', 'image config');
  const inner = document['config'];
  const labels =
    typeof inner === 'object' && inner !== null ? (inner as Record<string, unknown>)['Labels'] : undefined;
  return {
    platform: readPlatform(document),
    labels: readAnnotations(labels),
    created: typeof document['created'] === 'string' ? document['created'] : undefined,
  };
}

/** What a build says of itself. */
export type BuildLabels = {
  readonly version: string | undefined;
  readonly revision: string | undefined;
  readonly source: string | undefined;
  readonly created: string | undefined;
};

const labelKeys = {
  version: ['org.opencontainers.image.version', 'org.label-schema.version'],
  revision: ['org.opencontainers.image.revision', 'org.label-schema.vcs-ref'],
  source: ['org.opencontainers.image.source', 'org.label-schema.vcs-url'],
  created: ['org.opencontainers.image.created', 'org.label-schema.build-date'],
} as const;

/**
 * Version, revision, source and creation time, looked up in index annotations, then manifest annotations,
 * then config labels, and in each under the OCI key before the label-schema one. Empty values do not count.
 */
export function buildLabels(...placesInOrder: readonly Annotations[]): BuildLabels {
  const look = (keys: readonly string[]): string | undefined => {
    for (const place of placesInOrder) {
      for (const key of keys) {
        const value = place[key];
        if (value !== undefined && value !== '') return value;
      }
    }
    return undefined;
  };
  return {
    version: look(labelKeys.version),
    revision: look(labelKeys.revision),
    source: look(labelKeys.source),
    created: look(labelKeys.created),
  };
}
