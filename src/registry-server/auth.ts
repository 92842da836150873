import { randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { Clock } from '../clock.ts';
import type { Answer } from './answer.ts';
import { type AccessRequest, challengeAnswer, mayPass } from './challenge.ts';

/** Who may do what. Patterns are repository paths, `*` for all, or a prefix as `team/*`. */
export type AuthOptions =
  | { readonly kind: 'none' }
  | {
      readonly kind: 'basic';
      readonly users: readonly User[];
      /** What anybody may pull without credentials; nothing where left out. */
      readonly anonymousPull?: readonly string[];
    }
  | BearerOptions;

/** Tokens from an endpoint of our own. Source: distribution's token and oauth2 specifications. */
export type BearerOptions = {
  readonly kind: 'bearer';
  readonly users: readonly User[];
  readonly anonymousPull?: readonly string[];
  /** The name the challenge gives and the token endpoint insists on; `registry` where left out. */
  readonly service?: string;
  /** Where the challenge sends the client, instead of `/token` on this server. */
  readonly realm?: string;
  /** Seconds a token lives; 300 where left out. */
  readonly expiresInSeconds?: number;
  /** Whether the answer says how long; where it does not, clients must take 60 seconds. */
  readonly tellsExpiry?: boolean;
  /** Which key holds the token; both where left out. */
  readonly tokenKey?: 'token' | 'access_token' | 'both';
  /** 403 from the token endpoint where nothing of the scope is granted, instead of a token for nothing. */
  readonly refusesTokens?: boolean;
};

export type User = {
  readonly username: string;
  readonly password: string;
  /** `*` where left out. */
  readonly pull?: readonly string[];
  /** Push and delete; as `pull` where left out. */
  readonly push?: readonly string[];
};

export type Action = 'pull' | 'push' | 'delete';

/** Whoever sent a request, after authentication. */
export interface Actor {
  may(action: Action, repository: string): boolean;
}

/** One `repository:NAME:pull,push` of a token. Source: distribution's token scope grammar. */
export type Scope = { readonly type: string; readonly name: string; readonly actions: readonly string[] };

type Grant = { readonly scopes: readonly Scope[]; readonly expiresAt: number };

export const nobody: Actor = { may: () => false };
const anybody: Actor = { may: () => true };

/** Tokens remembered at most; the oldest are forgotten first, as if they had expired. */
const tokensMax = 10_000;

/** Knows users and the tokens given out; decides who a request comes from and whether it may pass. */
export class Authorizer {
  readonly options: AuthOptions;
  readonly #clock: Clock;
  readonly #grants = new Map<string, Grant>();
  readonly #refreshTokens = new Map<string, User>();

  constructor(options: AuthOptions, clock: Clock) {
    this.options = options;
    this.#clock = clock;
  }

  /** Who sent this; undefined where credentials were sent and are wrong or worn out. */
  identify(headers: IncomingHttpHeaders): Actor | undefined {
    const { options } = this;
    if (options.kind === 'none') return anybody;
    const [scheme = '', value = ''] = (headers.authorization ?? '').split(' ');
    if (scheme === '') return options.kind === 'basic' ? userActor(undefined, options) : nobody;
    if (options.kind === 'basic') {
      const user = scheme.toLowerCase() === 'basic' ? this.findUser(value) : undefined;
      return user && userActor(user, options);
    }
    const grant = scheme.toLowerCase() === 'bearer' ? this.#grants.get(value) : undefined;
    return grant === undefined || grant.expiresAt <= this.#clock.now() ? undefined : grantActor(grant);
  }

  /** The answer that tells a client how to come back; undefined where the request may pass. */
  challenge(request: AccessRequest): Answer | undefined {
    const { options } = this;
    if (options.kind === 'none') return undefined;
    const actor = this.identify(request.headers);
    return mayPass(actor, request, options) ? undefined : challengeAnswer(actor, request, options);
  }

  /** The user behind the value of a Basic header. */
  findUser(basic: string): User | undefined {
    const text = Buffer.from(basic, 'base64').toString();
    const colon = text.indexOf(':');
    return colon === -1 ? undefined : this.findLogin(text.slice(0, colon), text.slice(colon + 1));
  }

  findLogin(username: string, password: string): User | undefined {
    const users = this.options.kind === 'none' ? [] : this.options.users;
    return users.find((user) => user.username === username && isSame(user.password, password));
  }

  findRefreshToken(token: string): User | undefined {
    return this.#refreshTokens.get(token);
  }

  /** Lets a user (or anybody, where undefined) hold what of these scopes is theirs. */
  grant(
    user: User | undefined,
    wanted: readonly Scope[],
    lifeSeconds: number,
  ): { token: string; scopes: readonly Scope[] } {
    const actor = this.options.kind === 'none' ? anybody : userActor(user, this.options);
    const scopes = wanted.map((scope) => ({
      ...scope,
      actions: scope.actions.filter((action) => isGranted(actor, user, scope, action)),
    }));
    const token = randomBytes(24).toString('base64url');
    remember(this.#grants, token, { scopes, expiresAt: this.#clock.now() + lifeSeconds * 1000 });
    return { token, scopes: scopes.filter((scope) => scope.actions.length > 0) };
  }

  makeRefreshToken(user: User): string {
    const token = randomBytes(24).toString('base64url');
    remember(this.#refreshTokens, token, user);
    return token;
  }

  /** Every token given out is worthless from now on. */
  revokeTokens(): void {
    this.#grants.clear();
  }
}

function userActor(user: User | undefined, options: Exclude<AuthOptions, { kind: 'none' }>): Actor {
  const anonymous = options.anonymousPull ?? [];
  const pull = user === undefined ? anonymous : [...anonymous, ...(user.pull ?? ['*'])];
  const push = user === undefined ? [] : (user.push ?? user.pull ?? ['*']);
  return { may: (action, repository) => isListed(action === 'pull' ? pull : push, repository) };
}

/** A token's own word is what counts, whoever asked for it. The catalog is the repository without a name. */
function grantActor({ scopes }: Grant): Actor {
  return {
    may: (action, repository) =>
      scopes.some((scope) =>
        repository === ''
          ? scope.type === 'registry' && scope.name === 'catalog' && scope.actions.includes('*')
          : scope.type === 'repository' && scope.name === repository && scope.actions.includes(action),
      ),
  };
}

function isGranted(actor: Actor, user: User | undefined, scope: Scope, action: string): boolean {
  if (scope.type === 'registry') return user !== undefined;
  if (action !== 'pull' && action !== 'push' && action !== 'delete') return false;
  return scope.type === 'repository' && actor.may(action, scope.name);
}

function isListed(patterns: readonly string[], repository: string): boolean {
  return patterns.some((pattern) =>
    pattern.endsWith('*') ? repository.startsWith(pattern.slice(0, -1)) : pattern === repository,
  );
}

function remember<Value>(map: Map<string, Value>, key: string, value: Value): void {
  const oldest = map.size < tokensMax ? undefined : map.keys().next().value;
  if (oldest !== undefined) map.delete(oldest);
  map.set(key, value);
}

function isSame(expected: string, sent: string): boolean {
  const [a, b] = [Buffer.from(expected), Buffer.from(sent)];
  return a.length === b.length && timingSafeEqual(a, b);
}
