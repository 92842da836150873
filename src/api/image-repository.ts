import { type Condition, parseConditions } from './conditions.ts';
import { optionalDurationAt } from './duration.ts';
import { type ObjectMeta, parseObjectMeta } from './object-meta.ts';
import {
  booleanAt,
  FieldError,
  type Fields,
  fieldsAt,
  isFields,
  optionalFieldsAt,
  optionalIntegerAt,
  optionalListAt,
  optionalStringAt,
  optionalStringsAt,
  stringMapAt,
} from './read-fields.ts';

export const providers = ['generic', 'aws', 'azure', 'gcp'] as const;

export type Provider = (typeof providers)[number];

/** Tags that are never stored where nobody says otherwise: signatures. Source: Flux, `spec.exclusionList`. */
export const defaultExclusionList: readonly string[] = ['^.*\\.sig$'];

export type ImageRepositorySpec = {
  /** As written: a repository without scheme, tag or digest, if the user did it right. */
  readonly image: string;
  readonly intervalMs: number;
  /** For credentials and scan together; at least a second. */
  readonly timeoutMs: number;
  readonly secretName: string | undefined;
  readonly proxySecretName: string | undefined;
  readonly certSecretName: string | undefined;
  readonly serviceAccountName: string | undefined;
  readonly suspend: boolean;
  /** Labels by selector, one of which a namespace must have. Absent: this namespace only. */
  readonly accessFrom: readonly Readonly<Record<string, string>>[] | undefined;
  /** RE2 patterns; never empty: an empty list means the default one. */
  readonly exclusionList: readonly string[];
  readonly provider: Provider;
  readonly insecure: boolean;
};

export type ScanSummary = {
  /** Checksum of the tags. */
  readonly revision: string | undefined;
  readonly tagCount: number;
  /** RFC 3339. */
  readonly scanTime: string | undefined;
  /** The first ten, byte-descending; absent where there are none. */
  readonly latestTags: readonly string[] | undefined;
};

export type ImageRepositoryStatus = {
  readonly conditions: readonly Condition[];
  /** -1 until a generation was dealt with. */
  readonly observedGeneration: number;
  readonly canonicalImageName: string | undefined;
  readonly lastScanResult: ScanSummary | undefined;
  readonly observedExclusionList: readonly string[] | undefined;
  readonly lastHandledReconcileAt: string | undefined;
};

export type ImageRepository = {
  readonly kind: 'ImageRepository';
  readonly meta: ObjectMeta;
  /** The spec, or what is wrong with it. */
  readonly spec: ImageRepositorySpec | FieldError;
  readonly status: ImageRepositoryStatus;
};

/** @throws FieldError where metadata or status are not those of an object of this kind */
export function parseImageRepository(object: Fields): ImageRepository {
  return {
    kind: 'ImageRepository',
    meta: parseObjectMeta(object),
    spec: orFieldError(() => parseSpec(fieldsAt(object, 'spec'))),
    status: parseStatus(fieldsAt(object, 'status')),
  };
}

/** What `read` gives, or the FieldError it throws. */
export function orFieldError<Value>(read: () => Value): Value | FieldError {
  try {
    return read();
  } catch (error) {
    if (error instanceof FieldError) return error;
    throw error;
  }
}

function parseSpec(spec: Fields): ImageRepositorySpec {
  const intervalMs = optionalDurationAt(spec, 'interval');
  if (intervalMs === undefined) throw new FieldError('interval is required');
  const exclusionList = optionalStringsAt(spec, 'exclusionList') ?? [];
  return {
    image: optionalStringAt(spec, 'image') ?? '',
    intervalMs,
    timeoutMs: Math.max(1000, optionalDurationAt(spec, 'timeout') ?? intervalMs),
    secretName: referenceAt(spec, 'secretRef'),
    proxySecretName: referenceAt(spec, 'proxySecretRef'),
    certSecretName: referenceAt(spec, 'certSecretRef'),
    serviceAccountName: optionalStringAt(spec, 'serviceAccountName') || undefined,
    suspend: booleanAt(spec, 'suspend'),
    accessFrom: parseAccess(optionalFieldsAt(spec, 'accessFrom')),
    exclusionList: exclusionList.length === 0 ? defaultExclusionList : exclusionList,
    provider: parseProvider(optionalStringAt(spec, 'provider') ?? 'generic'),
    insecure: booleanAt(spec, 'insecure'),
  };
}

function referenceAt(spec: Fields, key: string): string | undefined {
  const reference = optionalFieldsAt(spec, key);
  return reference === undefined ? undefined : optionalStringAt(reference, 'name') || undefined;
}

function parseAccess(access: Fields | undefined): ImageRepositorySpec['accessFrom'] {
  if (access === undefined) return undefined;
  return (
    optionalListAt(access, 'namespaceSelectors', (item) => {
      if (!isFields(item)) throw new FieldError('accessFrom.namespaceSelectors must hold objects only');
      return stringMapAt(item, 'matchLabels');
    }) ?? []
  );
}

function parseProvider(text: string): Provider {
  const provider = providers.find((one) => one === text);
  if (provider === undefined) throw new FieldError(`provider must be one of ${providers.join(', ')}`);
  return provider;
}

function parseStatus(status: Fields): ImageRepositoryStatus {
  const scan = optionalFieldsAt(status, 'lastScanResult');
  return {
    conditions: parseConditions(status),
    observedGeneration: optionalIntegerAt(status, 'observedGeneration') ?? -1,
    canonicalImageName: optionalStringAt(status, 'canonicalImageName'),
    lastScanResult: scan && {
      revision: optionalStringAt(scan, 'revision'),
      tagCount: optionalIntegerAt(scan, 'tagCount') ?? 0,
      scanTime: optionalStringAt(scan, 'scanTime'),
      latestTags: optionalStringsAt(scan, 'latestTags'),
    },
    observedExclusionList: optionalStringsAt(status, 'observedExclusionList'),
    lastHandledReconcileAt: optionalStringAt(status, 'lastHandledReconcileAt'),
  };
}
