import { execFile } from 'node:child_process';
import type { Clock, EpochMs } from '../../clock.ts';
import type { Credential, CredentialOptions } from '../credential.ts';
import { includesCredential } from './auth-entry.ts';
import { RegistryConfigurationError } from './errors.ts';
import type { Environment } from './proxy.ts';
import { hostKey } from './registry-host.ts';

/** What a helper answered. */
export type HelperAnswer =
  | { readonly kind: 'credential'; readonly credential: Credential }
  /** It ran, and knows nothing of this host. */
  | { readonly kind: 'none' }
  /** There is no such program on PATH. */
  | { readonly kind: 'absent' };

/** Runs `docker-credential-NAME get`, once for each helper and host until the answer grows old. */
export interface CredentialHelpers {
  /** @throws RegistryConfigurationError `CREDENTIAL_HELPER_FAILED` */
  ask(helper: string, registry: string, options?: CredentialOptions): Promise<HelperAnswer>;
}

/** Longest run: a helper may ask a cloud, or a person to unlock a keyring. */
const helperTimeoutMs = 60_000;

/** Longest output: cloud tokens have a few thousand bytes. */
const helperOutputBytesMax = 256 * 1024;

/**
 * How long an answer is believed. The protocol tells no expiry; clouds give tokens for an hour or more, but
 * may hand out one that is near its end. Helpers keep their own cache, so asking again is cheap for them.
 */
const answerLifetimeMs: EpochMs = 5 * 60_000;

type RememberedAnswer = { readonly askedAt: EpochMs; readonly answer: Promise<HelperAnswer> };

/** @param timeoutMs longest run of a helper */
export function makeCredentialHelpers(
  env: Environment,
  clock: Clock,
  timeoutMs: number = helperTimeoutMs,
): CredentialHelpers {
  const answers = new Map<string, RememberedAnswer>();
  return {
    async ask(helper, registry, options = {}) {
      const key = `${helper} ${hostKey(registry)}`;
      for (let known = recent(key); known !== undefined; known = recent(key)) {
        const answer = await known.answer.catch(rethrowFailure);
        if (answer !== undefined && !isRefused(answer, options)) return answer;
        // The first to find it unusable removes it; the others wait for what comes in its place.
        if (answers.get(key) === known) answers.delete(key);
      }
      const answer = runHelper({ helper, server: serverUrl(registry), env, timeoutMs }, options.signal);
      answers.set(key, { askedAt: clock.now(), answer });
      return answer;
    },
  };

  function recent(key: string): RememberedAnswer | undefined {
    const known = answers.get(key);
    return known !== undefined && clock.now() - known.askedAt < answerLifetimeMs ? known : undefined;
  }
}

/** A failing helper is not run once for each image; one whose caller was cancelled has not failed. */
function rethrowFailure(error: unknown): undefined {
  if (error instanceof RegistryConfigurationError) throw error;
}

function isRefused(answer: HelperAnswer, options: CredentialOptions): boolean {
  return answer.kind === 'credential' && includesCredential(options.refused ?? [], answer.credential);
}

/** Docker knows its Hub by the address of an API that is long gone; every other registry by its host. */
function serverUrl(registry: string): string {
  return hostKey(registry) === 'docker.io' ? 'https://index.docker.io/v1/' : registry;
}

type HelperRun = {
  readonly helper: string;
  readonly server: string;
  readonly env: Environment;
  readonly timeoutMs: number;
};

async function runHelper(run: HelperRun, signal: AbortSignal | undefined): Promise<HelperAnswer> {
  const { helper, server } = run;
  const { error, stdout, stderr } = await execute(run, signal);
  if (signal?.aborted === true) throw signal.reason;
  if (error === null) return readAnswer(helper, server, stdout);
  const code = 'code' in error ? error.code : undefined;
  if (code === 'ENOENT') return { kind: 'absent' };
  if (/credentials not found|could not be found in the keychain/i.test(stdout + stderr))
    return { kind: 'none' };
  throw failed(helper, server, describeFailure(error, code, run.timeoutMs));
}

type HelperOutput = { readonly error: Error | null; readonly stdout: string; readonly stderr: string };

function execute(run: HelperRun, signal: AbortSignal | undefined): Promise<HelperOutput> {
  return new Promise((resolve) => {
    const options = {
      env: { ...run.env },
      timeout: run.timeoutMs,
      maxBuffer: helperOutputBytesMax,
      killSignal: 'SIGKILL' as const,
      ...(signal === undefined ? {} : { signal }),
    };
    const child = execFile(`docker-credential-${run.helper}`, ['get'], options, (error, stdout, stderr) =>
      resolve({ error, stdout, stderr }),
    );
    // A helper may end without reading its input: its exit status says more than the broken pipe.
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(run.server);
  });
}

/** Never with the helper's own words: it may print a secret and then fail. */
function describeFailure(error: Error, code: unknown, timeoutMs: number): string {
  if (code === 'ERR_CHILD_PROCESS_STDIO_MAXBUFFER') return `wrote more than ${helperOutputBytesMax} bytes`;
  if ('killed' in error && error.killed === true) return `did not end within ${timeoutMs} ms`;
  if (typeof code === 'number') return `ended with exit status ${code}`;
  return `could not be run: ${typeof code === 'string' ? code : 'unknown error'}`;
}

/** `{"ServerURL", "Username", "Secret"}`. Source: docker/docker-credential-helpers, README. */
function readAnswer(helper: string, server: string, stdout: string): HelperAnswer {
  let value: unknown;
  try {
    value = JSON.parse(stdout);
  } catch {
    throw failed(helper, server, 'did not answer with JSON');
  }
  const fields: Readonly<Record<string, unknown>> =
    typeof value === 'object' && value !== null ? { ...value } : {};
  const { Username: username, Secret: secret } = fields;
  if (typeof username !== 'string' || typeof secret !== 'string') {
    throw failed(helper, server, 'answered without Username and Secret');
  }
  if (secret === '') return { kind: 'none' };
  // The user name `<token>` says that the secret is an OAuth2 refresh token. Source: the same README.
  const credential: Credential =
    username === '<token>'
      ? { kind: 'identity-token', token: secret }
      : { kind: 'basic', username, password: secret };
  return { kind: 'credential', credential };
}

function failed(helper: string, server: string, what: string): RegistryConfigurationError {
  const program = `docker-credential-${helper}`;
  return new RegistryConfigurationError(
    'CREDENTIAL_HELPER_FAILED',
    `${program} ${what}, asked for ${server}`,
    {
      hint: `see what it says: echo ${server} | ${program} get`,
    },
  );
}
