import type { Digest } from '../reference/digest.ts';
import { tryParseDigest } from '../reference/digest.ts';
import { OciError } from './errors.ts';
import { isIndexMediaType, isSchema1MediaType, manifestAccept, mediaTypes } from './media-type.ts';
import type { Platform } from './platform.ts';

/** A pointer to content. Source: OCI image spec 1.1, descriptor.md. */
export type Descriptor = {
  readonly mediaType: string;
  readonly digest: Digest;
  /** Bytes. */
  readonly size: number;
  readonly platform?: Platform;
  readonly artifactType?: string;
  readonly annotations?: Annotations;
  readonly urls?: readonly string[];
};

export type Annotations = Readonly<Record<string, string>>;

/** What the bytes behind a tag turned out to be. */
export type Manifest = ImageIndex | ImageManifest | Schema1Manifest;

/** OCI image index or Docker manifest list: one child for each platform. */
export type ImageIndex = {
  readonly kind: 'index';
  readonly mediaType: string;
  readonly manifests: readonly Descriptor[];
  readonly annotations: Annotations;
  readonly artifactType?: string;
  readonly subject?: Descriptor;
};

/** OCI image manifest or Docker schema 2: one config, ordered layers. Artifacts have this shape too. */
export type ImageManifest = {
  readonly kind: 'manifest';
  readonly mediaType: string;
  readonly config: Descriptor;
  readonly layers: readonly Descriptor[];
  readonly annotations: Annotations;
  readonly artifactType?: string;
  readonly subject?: Descriptor;
};

/** Docker schema 1: recognised and named, never interpreted. Runtimes of today refuse it. */
export type Schema1Manifest = { readonly kind: 'schema1'; readonly mediaType: string };

/** Most children or layers taken from one document: far above any real image, far below what hurts. */
const descriptorsMax = 10_000;

/**
 * The manifest in these bytes. `contentType` is the registry's word; the document's own `mediaType`
 * wins where it has one.
 * @throws OciError `MANIFEST_UNREADABLE`
 */
export function parseManifest(bytes: Uint8Array, contentType: string): Manifest {
  const document = parseObject(bytes, 'MANIFEST_UNREADABLE', 'manifest');
  const mediaType = readString(document['mediaType']) ?? inferMediaType(document, contentType);
  if (isSchema1MediaType(mediaType)) return { kind: 'schema1', mediaType };
  if (document['schemaVersion'] === 1) return { kind: 'schema1', mediaType: mediaTypes.dockerSchema1 };
  const common = {
    mediaType,
    annotations: readAnnotations(document['annotations']),
    ...optional('artifactType', readString(document['artifactType'])),
    ...optional(
      'subject',
      document['subject'] === undefined ? undefined : readDescriptor(document['subject']),
    ),
  };
  refuseAmbiguity(document);
  if (isIndexMediaType(mediaType)) {
    const manifests = document['manifests'] === null ? [] : document['manifests'];
    return { kind: 'index', ...common, manifests: readDescriptors(manifests, 'manifests') };
  }
  if (document['config'] === undefined) {
    throw unreadable(
      `expected an index or a manifest, got ${JSON.stringify(mediaType.slice(0, 120))} without config`,
    );
  }
  const config = readDescriptor(document['config']);
  return { kind: 'manifest', ...common, config, layers: readDescriptors(document['layers'] ?? [], 'layers') };
}

/**
 * The children of an index that are images to run: without attestations, which sit under platform
 * `unknown/unknown`. Source: BuildKit attestation storage.
 */
export function platformManifests(index: ImageIndex): readonly Descriptor[] {
  return index.manifests.filter(
    (child) =>
      child.platform?.os !== 'unknown' &&
      child.annotations?.['vnd.docker.reference.type'] !== 'attestation-manifest',
  );
}

/** A JSON object from bytes from outside. @throws OciError with the code given */
export function parseObject(
  bytes: Uint8Array,
  code: 'MANIFEST_UNREADABLE' | 'CONFIG_UNREADABLE',
  what: string,
): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new OciError(code, `expected a JSON ${what}, got ${excerpt(bytes)}`, { cause });
  }
  if (!isObject(value)) throw new OciError(code, `expected a JSON object as ${what}, got ${excerpt(bytes)}`);
  return value;
}

/** Platform from an index child or an image config: same keys in both. Undefined where there is none. */
export function readPlatform(value: unknown): Platform | undefined {
  if (!isObject(value)) return undefined;
  const os = readString(value['os']);
  const architecture = readString(value['architecture']);
  if (os === undefined || architecture === undefined) return undefined;
  return {
    os,
    architecture,
    ...optional('variant', readString(value['variant'])),
    ...optional('osVersion', readString(value['os.version'])),
  };
}

/** String values only; anything else under an annotation or label key is dropped. */
export function readAnnotations(value: unknown): Annotations {
  if (!isObject(value)) return {};
  const entries = Object.entries(value).filter(
    (entry): entry is [string, string] => typeof entry[1] === 'string',
  );
  return Object.fromEntries(entries);
}

/**
 * A document that is index and manifest at once is one thing to us and another to whoever verified it.
 * Source: CVE-2021-41190; containerd refuses it too.
 */
function refuseAmbiguity(document: Readonly<Record<string, unknown>>): void {
  const isSet = (key: string): boolean => document[key] !== undefined && document[key] !== null;
  if (isSet('manifests') && (isSet('config') || isSet('layers'))) {
    throw unreadable('the document is an index and a manifest at once');
  }
}

/** An OCI document may leave its media type out; then the registry's word counts, if it is of this world. */
function inferMediaType(document: Readonly<Record<string, unknown>>, contentType: string): string {
  const sent = contentType.split(';', 1)[0]?.trim().toLowerCase() ?? '';
  if (isIndexMediaType(sent) || isSchema1MediaType(sent) || manifestAccept.includes(sent)) return sent;
  return Array.isArray(document['manifests']) ? mediaTypes.ociIndex : mediaTypes.ociManifest;
}

function readDescriptors(value: unknown, key: string): readonly Descriptor[] {
  if (!Array.isArray(value)) throw unreadable(`expected a list under ${JSON.stringify(key)}`);
  if (value.length > descriptorsMax) {
    throw unreadable(
      `expected at most ${descriptorsMax} entries under ${JSON.stringify(key)}, got ${value.length}`,
    );
  }
  return value.map(readDescriptor);
}

function readDescriptor(value: unknown): Descriptor {
  const digest = isObject(value) ? tryParseDigest(readString(value['digest']) ?? '') : undefined;
  if (!isObject(value) || digest === undefined) throw unreadable('a descriptor has no valid digest');
  const size = value['size'];
  if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0) {
    throw unreadable(`the descriptor of ${digest} has no valid size`);
  }
  const annotations = readAnnotations(value['annotations']);
  return {
    mediaType: readString(value['mediaType']) ?? '',
    digest,
    size,
    ...optional('platform', readPlatform(value['platform'])),
    ...optional('artifactType', readString(value['artifactType'])),
    ...(Object.keys(annotations).length === 0 ? {} : { annotations }),
    ...(Array.isArray(value['urls'])
      ? { urls: value['urls'].filter((url): url is string => typeof url === 'string') }
      : {}),
  };
}

function optional<Key extends string, Value>(key: Key, value: Value | undefined): { [K in Key]?: Value } {
  return (value === undefined ? {} : { [key]: value }) as { [K in Key]?: Value };
}

function readString(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function unreadable(message: string): OciError {
  return new OciError('MANIFEST_UNREADABLE', message, {
    hint: 'the registry or a proxy before it answered something else; look at it with: curl -v',
  });
}

function excerpt(bytes: Uint8Array): string {
  return JSON.stringify(new TextDecoder().decode(bytes.subarray(0, 80)));
}
