import type { Annotations, Descriptor } from '../oci/manifest.ts';
import { mediaTypes } from '../oci/media-type.ts';
import type { Platform } from '../oci/platform.ts';
import { formatPlatform } from '../oci/platform.ts';
import type { Digest } from '../reference/digest.ts';
import { digestOf } from '../reference/digest.ts';
import type { RepositoryContent } from './content.ts';
import { makeTar, storeGzip } from './tar.ts';

/** An image to be made. The same text gives the same digests on every machine and Node version. */
export type ImageContent = {
  /** More than one makes an index; `linux/amd64` alone, without index, where left out. */
  readonly platforms?: readonly Platform[];
  /** An index also for one platform. */
  readonly asIndex?: boolean;
  /** Adds a BuildKit attestation for each platform, under `unknown/unknown`. */
  readonly attestations?: boolean;
  readonly format?: 'oci' | 'docker';
  /** What makes this image differ from others of equal settings. Repository and tag where left out. */
  readonly seed?: string;
  /** One layer with these files, besides the one the seed makes. */
  readonly files?: Readonly<Record<string, string>>;
  readonly entrypoint?: readonly string[];
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly user?: string;
  readonly labels?: Annotations;
  readonly annotations?: Annotations;
  /** RFC 3339; the epoch where left out. */
  readonly created?: string;
  /** Size of the layer the seed makes, in bytes before the tar around it; small where left out. */
  readonly layerBytes?: number;
};

/** What was made, with every digest a test may want to compare. */
export type PushedImage = {
  /** Of the index where there is one, else of the manifest. */
  readonly digest: Digest;
  readonly mediaType: string;
  readonly size: number;
  readonly children: readonly PushedPlatform[];
};

export type PushedPlatform = {
  readonly platform: Platform;
  readonly digest: Digest;
  readonly configDigest: Digest;
  readonly layerDigests: readonly Digest[];
};

const linuxAmd64: Platform = { os: 'linux', architecture: 'amd64' };

const created = '1970-01-01T00:00:00Z';

const formats = {
  oci: {
    index: mediaTypes.ociIndex,
    manifest: mediaTypes.ociManifest,
    config: mediaTypes.ociConfig,
    layer: mediaTypes.ociLayerGzip,
  },
  docker: {
    index: mediaTypes.dockerManifestList,
    manifest: mediaTypes.dockerManifest,
    config: mediaTypes.dockerConfig,
    layer: mediaTypes.dockerLayerGzip,
  },
} as const;

/** Makes an image and puts all of it into the repository, without a tag. */
export function putImage(repository: RepositoryContent, image: ImageContent, seed: string): PushedImage {
  const platforms = image.platforms ?? [linuxAmd64];
  const made = platforms.map((platform) => putPlatform(repository, { ...image, seed }, platform));
  const first = made[0];
  const children = made.map(({ child }) => child);
  if (first !== undefined && made.length === 1 && image.asIndex !== true && image.attestations !== true) {
    const { digest, mediaType, size } = first.descriptor;
    return { digest, mediaType, size, children };
  }
  const format = formats[image.format ?? 'oci'];
  const attestations =
    image.attestations === true ? made.map(({ descriptor }) => putAttestation(repository, descriptor)) : [];
  const index = putDocument(repository, format.index, {
    schemaVersion: 2,
    mediaType: format.index,
    manifests: [...made.map(({ descriptor }) => wireDescriptor(descriptor)), ...attestations],
    ...(image.annotations === undefined ? {} : { annotations: image.annotations }),
  });
  return { digest: index.digest, mediaType: index.mediaType, size: index.size, children };
}

/** What an artifact says of itself: a signature or an SBOM has no more that matters here. */
export type ArtifactContent = { readonly artifactType: string; readonly annotations?: Annotations };

/** Makes an artifact that refers to `subject`. Source: OCI image spec 1.1, "Guidelines for Artifact Usage". */
export function putArtifact(
  repository: RepositoryContent,
  subject: Digest,
  { artifactType, annotations }: ArtifactContent,
): Descriptor {
  const empty = putBlob(repository, mediaTypes.ociEmpty, Buffer.from('{}'));
  const stored = repository.findManifest(subject);
  return putDocument(repository, mediaTypes.ociManifest, {
    schemaVersion: 2,
    mediaType: mediaTypes.ociManifest,
    artifactType,
    config: empty,
    layers: [empty],
    subject: {
      mediaType: stored?.mediaType ?? mediaTypes.ociManifest,
      digest: subject,
      size: stored?.bytes.length ?? 0,
    },
    ...(annotations === undefined ? {} : { annotations }),
  });
}

/** Puts a JSON document as a manifest and describes it. */
function putDocument(repository: RepositoryContent, mediaType: string, document: unknown): Descriptor {
  const bytes = Buffer.from(JSON.stringify(document));
  const digest = digestOf(bytes);
  repository.putManifest({ digest, mediaType, bytes });
  return { mediaType, digest, size: bytes.length };
}

/** Puts bytes as a blob and describes it. */
function putBlob(repository: RepositoryContent, mediaType: string, bytes: Uint8Array): Descriptor {
  const digest = digestOf(bytes);
  repository.putBlob(digest, bytes);
  return { mediaType, digest, size: bytes.length };
}

function putPlatform(
  repository: RepositoryContent,
  image: ImageContent & { readonly seed: string },
  platform: Platform,
): { readonly descriptor: Descriptor; readonly child: PushedPlatform } {
  const format = formats[image.format ?? 'oci'];
  const tars = makeLayers(image, platform);
  const layers = tars.map((tar) => putBlob(repository, format.layer, storeGzip(tar)));
  const configBytes = Buffer.from(JSON.stringify(makeConfig(image, platform, tars)));
  const config = putBlob(repository, format.config, configBytes);
  const manifest = putDocument(repository, format.manifest, {
    schemaVersion: 2,
    mediaType: format.manifest,
    config,
    layers,
    ...(image.annotations === undefined ? {} : { annotations: image.annotations }),
  });
  return {
    descriptor: { ...manifest, platform },
    child: {
      platform,
      digest: manifest.digest,
      configDigest: config.digest,
      layerDigests: layers.map((layer) => layer.digest),
    },
  };
}

function makeLayers(image: ImageContent & { readonly seed: string }, platform: Platform): Uint8Array[] {
  const text = `${image.seed} ${formatPlatform(platform)}\n`;
  const content =
    image.layerBytes === undefined ? text : text.repeat(Math.ceil(image.layerBytes / text.length));
  const base = makeTar({ 'etc/image-seed': content.slice(0, image.layerBytes ?? content.length) });
  return image.files === undefined ? [base] : [base, makeTar(image.files)];
}

/** Source: OCI image spec 1.1, config.md. */
function makeConfig(image: ImageContent, platform: Platform, tars: readonly Uint8Array[]): unknown {
  return {
    created: image.created ?? created,
    ...wirePlatform(platform),
    config: {
      ...(image.user === undefined ? {} : { User: image.user }),
      Env: Object.entries(image.environment ?? {}).map(([name, value]) => `${name}=${value}`),
      ...(image.entrypoint === undefined ? {} : { Entrypoint: image.entrypoint }),
      ...(image.command === undefined ? {} : { Cmd: image.command }),
      ...(image.labels === undefined ? {} : { Labels: image.labels }),
    },
    rootfs: { type: 'layers', diff_ids: tars.map((tar) => digestOf(tar)) },
    history: tars.map(() => ({ created: image.created ?? created, created_by: 'COPY' })),
  };
}

function putAttestation(repository: RepositoryContent, subject: Descriptor): unknown {
  const statement = { _type: 'https://in-toto.io/Statement/v0.1', subject: [{ digest: subject.digest }] };
  const layer = putBlob(repository, 'application/vnd.in-toto+json', Buffer.from(JSON.stringify(statement)));
  const unknown = { os: 'unknown', architecture: 'unknown' };
  const rootfs = { type: 'layers', diff_ids: [layer.digest] };
  const config = putBlob(
    repository,
    mediaTypes.ociConfig,
    Buffer.from(JSON.stringify({ ...unknown, config: {}, rootfs })),
  );
  const manifest = putDocument(repository, mediaTypes.ociManifest, {
    schemaVersion: 2,
    mediaType: mediaTypes.ociManifest,
    config,
    layers: [layer],
  });
  return {
    ...manifest,
    platform: unknown,
    annotations: {
      'vnd.docker.reference.digest': subject.digest,
      'vnd.docker.reference.type': 'attestation-manifest',
    },
  };
}

function wireDescriptor(descriptor: Descriptor): unknown {
  const { platform, ...rest } = descriptor;
  return platform === undefined ? rest : { ...rest, platform: wirePlatform(platform) };
}

function wirePlatform({ osVersion, ...platform }: Platform): Readonly<Record<string, string>> {
  return osVersion === undefined ? { ...platform } : { ...platform, 'os.version': osVersion };
}
