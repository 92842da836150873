import { ociErrorCodes, RegistryError, type RegistryErrorCode } from './errors.ts';
import { readBody } from './http/body.ts';
import { type HttpRequest, type HttpResponse, headerOf, hostOf } from './http/http.ts';
import type { RegistryLimits } from './limits.ts';
import type { Redactor } from './redact.ts';

/** What reading an answer needs to know. */
export type Reading = { readonly limits: RegistryLimits; readonly redactor: Redactor };

/** What a registry's `errors` list said first. */
type OciError = { readonly code: string; readonly message: string };

/**
 * The error that an answer stands for: by the OCI code in its body where there is one, else by its status.
 * Reads a bounded part of the body, and releases it.
 * Source: OCI distribution spec 1.1, "Error Codes".
 */
export async function responseError(
  request: HttpRequest,
  response: HttpResponse,
  { limits, redactor }: Reading,
): Promise<RegistryError> {
  const text = await readText(request, response, limits);
  const told = parseOciError(text);
  const host = hostOf(response.url);
  const isPage = looksLikePage(response, text);
  if (response.status === 400 && /HTTPS (server|port)/i.test(text)) return wantsTls(request, host);
  const code = codeOf(response.status, told, isPage);
  const says = told === undefined ? '' : `: ${redactor.redact(told.message || told.code)}`;
  const what = isPage ? `answered ${response.status} with a web page` : `answered ${response.status}`;
  return new RegistryError(code, `${request.about}: ${host} ${what}${says}`, {
    hint: hintOf(code, response),
    status: response.status,
    retryable: code === 'TOOMANYREQUESTS' || code === 'REGISTRY_FAILED',
  });
}

/** What Go's and nginx's servers answer to plain HTTP on a port that speaks TLS. */
function wantsTls(request: HttpRequest, host: string): RegistryError {
  return new RegistryError(
    'NOT_A_REGISTRY',
    `${request.about}: ${host} speaks TLS, and was asked by plain HTTP`,
    {
      hint: `to ask by TLS, trust its CA in certs.d/${host}/ca.crt, or say --insecure ${host}`,
      status: 400,
    },
  );
}

/** Whether a person with a browser was meant: a login page, a captive portal, a proxy's error. */
export function looksLikePage(response: HttpResponse, text = ''): boolean {
  const type = headerOf(response, 'content-type') ?? '';
  return /^(text\/html|application\/xhtml)/i.test(type) || /^\s*(<!doctype html|<html)/i.test(text);
}

async function readText(
  request: HttpRequest,
  response: HttpResponse,
  limits: RegistryLimits,
): Promise<string> {
  try {
    const body = await readBody(request, response, {
      bytesMax: limits.errorBytesMax,
      timeoutMs: limits.idleTimeoutMs,
    });
    return new TextDecoder().decode(body);
  } catch (error) {
    // The status alone tells enough; but a person who cancelled wants no answer.
    request.signal?.throwIfAborted();
    return error instanceof RegistryError ? '' : Promise.reject(error);
  }
}

function parseOciError(text: string): OciError | undefined {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    return undefined;
  }
  const errors = isRecord(body) ? body['errors'] : undefined;
  const first: unknown = Array.isArray(errors) ? errors[0] : undefined;
  if (!isRecord(first)) return undefined;
  const { code, message } = first;
  return {
    code: typeof code === 'string' ? code : '',
    message: typeof message === 'string' ? message : '',
  };
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

function codeOf(status: number, told: OciError | undefined, isPage: boolean): RegistryErrorCode {
  if (status === 429) return 'TOOMANYREQUESTS';
  if (status >= 500 && status !== 501) return 'REGISTRY_FAILED';
  const known = ociErrorCodes.find((code) => code === told?.code);
  if (known !== undefined) return known;
  if (status === 401) return 'UNAUTHORIZED';
  if (status === 403) return 'DENIED';
  if (isPage || (status >= 200 && status < 400)) return 'NOT_A_REGISTRY';
  return status === 404 ? 'NAME_UNKNOWN' : 'UNSUPPORTED';
}

function hintOf(code: RegistryErrorCode, response: HttpResponse): string {
  if (code !== 'TOOMANYREQUESTS') return hints[code] ?? 'look at what answers there with: curl -v';
  const told = headerOf(response, 'retry-after')?.trim().slice(0, 40);
  const isSeconds = /^\d{1,8}$/.test(told ?? '');
  const when = told === undefined ? 'later' : isSeconds ? `in ${told} s` : `after ${told}`;
  return `try again ${when}; logging in, or a mirror, raises the limit; do not restart pods`;
}

const hints: Readonly<Partial<Record<RegistryErrorCode, string>>> = {
  UNAUTHORIZED: 'check the spelling, then log in: a private and an absent repository look alike here',
  DENIED:
    'the account may not do this: have access granted where the registry is run; a new password changes nothing',
  REGISTRY_FAILED: 'try again later, and look at the status page or the storage of the registry',
  NOT_A_REGISTRY:
    'a login page, captive portal or wrong path answers there: check host and path, then proxies',
  UNSUPPORTED: 'the registry does not offer this',
  NAME_UNKNOWN: 'check the spelling of the repository',
  NAME_INVALID: 'check the spelling of the repository',
  MANIFEST_UNKNOWN: 'check the spelling of the tag; it may have been deleted',
};
