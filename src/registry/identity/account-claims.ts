import type { CloudProvider } from '../config/cloud-registry.ts';
import { CloudIdentityError } from './errors.ts';

/** What a ServiceAccount's annotations say it is to a cloud. */
export type AccountClaims =
  | { readonly provider: 'aws'; readonly roleArn: string }
  | { readonly provider: 'azure'; readonly tenantId: string; readonly clientId: string }
  | {
      readonly provider: 'gcp';
      /** The service account of Google that is acted as; absent: the account itself has access. */
      readonly email: string | undefined;
      /** Audience of a workload identity provider; absent: that of the GKE cluster we run in. */
      readonly audience: string | undefined;
    };

export type Annotations = Readonly<Record<string, unknown>>;

/** Partitions beside `aws` are what Flux does not take, and AWS has. */
const roleArnPattern = /^arn:aws[a-z-]*:iam::\d{12}:role\/[\w+=,.@/-]{1,512}$/;
/** Both may be no more than a GUID or a domain: they become part of a URL. */
const azureIdPattern = /^[A-Za-z0-9.-]{1,100}$/;
const emailPattern =
  /^[a-zA-Z0-9-]{1,100}@[a-zA-Z0-9-]{1,100}(?:\.[a-zA-Z0-9-]{1,100})?\.iam\.gserviceaccount\.com$/;
const workloadProviderPattern =
  /^projects\/\d{1,30}\/locations\/global\/workloadIdentityPools\/[\w-]{1,100}\/providers\/[\w-]{1,100}$/;

const roleKey = 'eks.amazonaws.com/role-arn';
const tenantKey = 'azure.workload.identity/tenant-id';
const clientKey = 'azure.workload.identity/client-id';
const emailKey = 'iam.gke.io/gcp-service-account';
const workloadProviderKey = 'gcp.auth.fluxcd.io/workload-identity-provider';

/**
 * Reads the annotations that Flux reads.
 * @throws CloudIdentityError `IDENTITY_INVALID`, which names the annotation
 */
export function readAccountClaims(provider: CloudProvider, annotations: Annotations): AccountClaims {
  const find = (key: string, pattern: RegExp): string | undefined => {
    const value = Object.hasOwn(annotations, key) ? annotations[key] : undefined;
    if (value === undefined || value === '') return undefined;
    if (typeof value === 'string' && pattern.test(value)) return value;
    throw invalid(`annotation ${key} must match ${pattern.source}`, 'correct it');
  };
  const get = (key: string, pattern: RegExp): string => {
    const value = find(key, pattern);
    if (value === undefined) throw invalid(`annotation ${key} is not set`, 'annotate the ServiceAccount');
    return value;
  };
  switch (provider) {
    case 'aws':
      return { provider, roleArn: get(roleKey, roleArnPattern) };
    case 'azure':
      return { provider, tenantId: get(tenantKey, azureIdPattern), clientId: get(clientKey, azureIdPattern) };
    case 'gcp': {
      const workloadProvider = find(workloadProviderKey, workloadProviderPattern);
      return {
        provider,
        email: find(emailKey, emailPattern),
        audience: workloadProvider && `//iam.googleapis.com/${workloadProvider}`,
      };
    }
  }
}

function invalid(message: string, hint: string): CloudIdentityError {
  return new CloudIdentityError('IDENTITY_INVALID', message, { hint });
}
