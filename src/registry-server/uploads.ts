import { randomUUID } from 'node:crypto';
import type { Digest } from '../reference/digest.ts';
import { matchesDigest, tryParseDigest } from '../reference/digest.ts';
import type { Answer, Headers } from './answer.ts';
import { emptyAnswer, errorAnswer } from './answer.ts';
import type { RegistryContent } from './content.ts';
import { absoluteUrl, type Exchange } from './exchange.ts';
import { isRepositoryPath } from './route.ts';

/** Largest blob taken. Everything is in memory; one gibibyte is the largest any test of ours moves. */
const blobBytesMax = 1024 ** 3;

/** Uploads open at once at most; a client that leaves more open has lost count of them. */
const sessionsMax = 10_000;

type Session = { readonly repository: string; readonly pieces: Uint8Array[]; size: number };

/**
 * Blob uploads: whole by POST or by POST and PUT, in chunks by PATCH, resumed by GET, cancelled by DELETE,
 * or mounted from another repository. Source: OCI distribution spec 1.1, "Pushing Blobs".
 */
export class Uploads {
  readonly #content: RegistryContent;
  readonly #sessions = new Map<string, Session>();

  constructor(content: RegistryContent) {
    this.#content = content;
  }

  /** Uploads begun and neither finished nor cancelled. */
  get open(): number {
    return this.#sessions.size;
  }

  async answer(exchange: Exchange, repository: string, id: string): Promise<Answer> {
    if (id === '') {
      return exchange.method === 'POST' ? this.#begin(exchange, repository) : errorAnswer('UNSUPPORTED');
    }
    const session = this.#sessions.get(id);
    // The state travels in the Location's query: a client that drops or rebuilds the query is found out here.
    if (session === undefined || session.repository !== repository || !exchange.query.has('_state')) {
      return errorAnswer('BLOB_UPLOAD_UNKNOWN', { session: id });
    }
    switch (exchange.method) {
      case 'GET':
        return emptyAnswer(204, sessionHeaders(exchange, id, session));
      case 'PATCH':
        return this.#append(exchange, id, session);
      case 'PUT':
        return this.#finish(exchange, id, session);
      case 'DELETE':
        this.#sessions.delete(id);
        return emptyAnswer(204);
      default:
        return errorAnswer('UNSUPPORTED');
    }
  }

  async #begin(exchange: Exchange, repository: string): Promise<Answer> {
    const mounted = this.#mount(exchange, repository);
    if (mounted !== undefined) return mounted;
    if (this.#sessions.size >= sessionsMax)
      return errorAnswer('TOOMANYREQUESTS', 'too many uploads are open');
    const id = randomUUID();
    const session: Session = { repository, pieces: [], size: 0 };
    this.#sessions.set(id, session);
    if (exchange.query.has('digest')) return this.#finish(exchange, id, session);
    return emptyAnswer(202, sessionHeaders(exchange, id, session));
  }

  /** Undefined where nothing was mounted: then the POST begins an upload, which the client now owns. */
  #mount(exchange: Exchange, repository: string): Answer | undefined {
    const { query, faults, actor } = exchange;
    const digest = tryParseDigest(query.get('mount') ?? '');
    const from = query.get('from') ?? '';
    if (digest === undefined || !isRepositoryPath(from) || faults.find('refuse-mount')) return undefined;
    const bytes = actor.may('pull', from) ? this.#content.find(from)?.findBlob(digest) : undefined;
    if (bytes === undefined) return undefined;
    this.#content.open(repository).putBlob(digest, bytes);
    return createdAnswer(exchange, repository, digest);
  }

  async #append(exchange: Exchange, id: string, session: Session): Promise<Answer> {
    const written = exchange.headers['content-range'];
    const range = written === undefined ? undefined : /^(\d+)-(\d+)$/.exec(written);
    if (range === null) return errorAnswer('BLOB_UPLOAD_INVALID', `Content-Range: ${written}`);
    const begin = session.size;
    if (range !== undefined && Number(range[1]) !== begin) {
      return {
        ...errorAnswer('BLOB_UPLOAD_INVALID'),
        status: 416,
        headers: sessionHeaders(exchange, id, session),
      };
    }
    const refused = await receive(exchange, session);
    if (refused !== undefined) return refused;
    if (range !== undefined && session.size - begin !== Number(range[2]) - begin + 1) {
      return errorAnswer('SIZE_INVALID', `Content-Range: ${written}, received ${session.size - begin}`);
    }
    return emptyAnswer(202, sessionHeaders(exchange, id, session));
  }

  async #finish(exchange: Exchange, id: string, session: Session): Promise<Answer> {
    const refused = await receive(exchange, session);
    if (refused !== undefined) return refused;
    const digest = tryParseDigest(exchange.query.get('digest') ?? '');
    const bytes = Buffer.concat(session.pieces);
    this.#sessions.delete(id);
    if (digest === undefined || !matchesDigest(bytes, digest)) {
      return errorAnswer('DIGEST_INVALID', { digest: exchange.query.get('digest') });
    }
    this.#content.open(session.repository).putBlob(digest, bytes);
    return createdAnswer(exchange, session.repository, digest);
  }
}

/** Takes the body as it comes: what has arrived stays when the client goes away, so that it can resume. */
async function receive({ body, faults }: Exchange, session: Session): Promise<Answer | undefined> {
  const drop = faults.find('drop-upload');
  let received = 0;
  for await (const piece of body) {
    if (session.size + piece.length > blobBytesMax) return { ...errorAnswer('SIZE_INVALID'), status: 413 };
    const kept = drop === undefined ? piece : piece.subarray(0, drop.afterBytes - received);
    session.pieces.push(kept);
    session.size += kept.length;
    received += piece.length;
    if (drop !== undefined && received >= drop.afterBytes) {
      return { status: 500, headers: {}, delivery: { kind: 'close' } };
    }
  }
  return undefined;
}

function sessionHeaders(exchange: Exchange, id: string, session: Session): Headers {
  const path = `/v2/${session.repository}/blobs/uploads/${id}?_state=${session.size}`;
  return {
    location: locationOf(exchange, path),
    range: `0-${Math.max(0, session.size - 1)}`,
    'docker-upload-uuid': id,
  };
}

function locationOf(exchange: Exchange, path: string): string {
  const fault = exchange.faults.find('location');
  if (fault === undefined) return absoluteUrl(exchange, path);
  const relative = exchange.prefix + path;
  return fault.form === 'relative' ? relative : (fault.origin ?? 'http://registry.invalid') + relative;
}

function createdAnswer(exchange: Exchange, repository: string, digest: Digest): Answer {
  return emptyAnswer(201, {
    location: absoluteUrl(exchange, `/v2/${repository}/blobs/${digest}`),
    'docker-content-digest': digest,
  });
}
