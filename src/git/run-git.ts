import { describeError } from '../errors.ts';
import { ProgramError } from '../program/errors.ts';
import { type Environment, type ProgramOutput, runProgram } from '../program/run-program.ts';
import { GitError, type GitErrorCode } from './errors.ts';
import { withoutCredentials } from './git-location.ts';

export type GitOptions = {
  readonly env: Environment;
  readonly signal?: AbortSignal | undefined;
  /** The repository itself (`.git`); absent: the one the working folder is in. */
  readonly gitFolder?: string;
  readonly cwd?: string;
  /** Variables on top of `env`. */
  readonly extra?: Environment;
};

/** Milliseconds. A first fetch of a large repository over a slow line takes minutes. */
const gitTimeoutMs = 15 * 60 * 1000;

/** Bytes of output. `ls-tree` fills it with about 600,000 files; the Linux kernel has 90,000. */
const gitOutputBytesMax = 64 * 1024 * 1024;

/**
 * Settings that hold whatever the user's, the system's and the repository's own configuration say: no hooks,
 * no file monitor, no helper programs as transports, files as the repository holds them, no silent stall.
 */
const settings: readonly string[] = [
  'protocol.ext.allow=never',
  'core.hooksPath=/dev/null',
  'core.fsmonitor=false',
  'core.autocrlf=false',
  'http.lowSpeedLimit=1000',
  'http.lowSpeedTime=60',
  'gc.auto=0',
];

/**
 * Runs git in a repository, without a shell and without ever asking a question.
 * @throws GitError with every code but `GIT_LOCATION_INVALID` and `GIT_PATH_MISSING`
 */
export async function runGit(words: readonly string[], options: GitOptions): Promise<ProgramOutput> {
  const { env, signal, gitFolder, cwd, extra } = options;
  const configured = settings.flatMap((setting) => ['-c', setting]);
  const repository = gitFolder === undefined ? [] : [`--git-dir=${gitFolder}`];
  try {
    return await runProgram('git', [...configured, ...repository, ...words], {
      env: { ...quietEnvironment(env), ...extra },
      ...(cwd === undefined ? {} : { cwd }),
      signal,
      timeoutMs: gitTimeoutMs,
      outputBytesMax: gitOutputBytesMax,
    });
  } catch (error) {
    throw error instanceof ProgramError ? gitError(error) : error;
  }
}

/** `C` so that what git says can be read; no prompts, as nobody may be there to answer. */
function quietEnvironment(env: Environment): Environment {
  return {
    ...env,
    LC_ALL: 'C',
    GIT_TERMINAL_PROMPT: '0',
    // Empty keeps git from opening a window through SSH_ASKPASS; CI sets it to hand over a token.
    GIT_ASKPASS: env['GIT_ASKPASS'] ?? '',
    GIT_LFS_SKIP_SMUDGE: '1',
    GIT_OPTIONAL_LOCKS: '0',
    // Set by hooks and aliases that call us; they name another repository than the one asked about.
    GIT_DIR: undefined,
    GIT_WORK_TREE: undefined,
    GIT_INDEX_FILE: undefined,
  };
}

const meanings: readonly (readonly [RegExp, GitErrorCode, string])[] = [
  [
    /could not read Username|could not read Password|Authentication failed|Permission denied|terminal prompts disabled|HTTP 40[13]/i,
    'GIT_DENIED',
    'set up a Git credential helper or an SSH key: git itself must be able to fetch it without asking',
  ],
  [
    /couldn't find remote ref|unknown revision|Needed a single revision|bad revision|not a valid object|ambiguous argument|not our ref|invalid refspec/i,
    'GIT_REF_UNKNOWN',
    'check the spelling of the branch, tag or commit after @',
  ],
  [/not a git repository/i, 'GIT_NOT_A_REPOSITORY', 'name the folder of a Git repository'],
  [
    /dubious ownership/i,
    'GIT_DENIED',
    'it belongs to another user: git config --global --add safe.directory FOLDER, if you trust it',
  ],
  [
    /Could not resolve host|unable to access|Connection (?:refused|timed out|reset)|does not appear to be a git repository|Repository not found|Host key verification failed|not found/i,
    'GIT_UNREACHABLE',
    'check the URL, and that git ls-remote URL works here',
  ],
];

function gitError(error: ProgramError): GitError {
  if (error.code === 'PROGRAM_MISSING') {
    return new GitError('GIT_MISSING', 'git is not installed, or not in PATH', {
      hint: 'install git, or give a folder instead of a Git repository',
    });
  }
  if (error.code === 'PROGRAM_OUTPUT_TOO_LARGE') {
    return new GitError('GIT_TOO_LARGE', 'more files than can be looked at');
  }
  const said = withoutCredentials(describeError(error));
  const [, code, hint] = meanings.find(([pattern]) => pattern.test(said)) ?? [];
  return new GitError(code ?? 'GIT_FAILED', lastWords(said), {
    ...(hint === undefined ? {} : { hint }),
    retryable: error.retryable || code === 'GIT_UNREACHABLE',
  });
}

/** The first `fatal:` line, which says what went wrong; what follows is advice about git. */
function lastWords(said: string): string {
  const lines = said.split('\n').filter((line) => line.trim() !== '');
  const line = lines.find((one) => /^(?:fatal|error):/.test(one)) ?? lines.at(-1) ?? 'git failed';
  return line.replace(/^(?:fatal|error): /, '');
}
