/**
 * Room `reference`: the text that names content, `registry/repository[:tag][@digest]`. Pure; may import
 * only rung 0.
 *
 * Invariants: a reference keeps tag *and* digest, and its original spelling, so that an edit keeps the
 * user's style and nothing prints a normalised name where a short one was written.
 */
import { type Digest, tryParseDigest } from './digest.ts';
import { ReferenceError } from './errors.ts';
import { type Repository, repositoryName, tryParseRepository } from './repository.ts';
import { type Tag, tryParseTag } from './tag.ts';

export type Reference = {
  /** Exactly what the user wrote. */
  readonly original: string;
  /** The part of `original` before tag and digest, e.g. `nginx`. */
  readonly name: string;
  readonly repository: Repository;
  /** Absent where none was written: see {@link effectiveTag}. */
  readonly tag: Tag | undefined;
  readonly digest: Digest | undefined;
};

/** Longest text that can be a reference; anything longer is refused before it is looked at. */
const referenceLengthMax = 1024;

/** Bare image IDs are refused as names, as Docker does. Source: distribution/reference normalize.go. */
const imageIdPattern = /^[0-9a-f]{64}$/;

/** The reference, or undefined where the text is none. Source: the grammar in distribution/reference. */
export function tryParseReference(text: string): Reference | undefined {
  if (text.length > referenceLengthMax || imageIdPattern.test(text)) return undefined;
  const at = text.indexOf('@');
  const digest = at === -1 ? undefined : tryParseDigest(text.slice(at + 1));
  if (at !== -1 && digest === undefined) return undefined;
  const head = at === -1 ? text : text.slice(0, at);
  const colon = head.lastIndexOf(':');
  // A colon before the last slash belongs to a port; `localhost:5000` alone is a name with a tag.
  const hasTag = colon !== -1 && colon > head.lastIndexOf('/');
  const tag = hasTag ? tryParseTag(head.slice(colon + 1)) : undefined;
  if (hasTag && tag === undefined) return undefined;
  const name = hasTag ? head.slice(0, colon) : head;
  const repository = tryParseRepository(name);
  return repository && { original: text, name, repository, tag, digest };
}

/** @throws ReferenceError `REFERENCE_INVALID`, saying which part is wrong */
export function parseReference(text: string): Reference {
  const reference = tryParseReference(text);
  if (reference === undefined) {
    throw new ReferenceError('REFERENCE_INVALID', `not a reference: ${JSON.stringify(text.slice(0, 300))}`, {
      hint: hintFor(text),
    });
  }
  return reference;
}

/** The tag Docker and the kubelet would ask for: `latest` where neither tag nor digest is written. */
export function effectiveTag(reference: Reference): Tag | undefined {
  return reference.tag ?? (reference.digest === undefined ? ('latest' as Tag) : undefined);
}

/** `docker.io/library/nginx:latest`, `…:tag@sha256:…`: for comparing and asking, not for showing. */
export function normalizedReference(reference: Reference): string {
  return joinReference(repositoryName(reference.repository), effectiveTag(reference), reference.digest);
}

/**
 * A message about a reference, with the spelling its writer knows: where it begins with the full name, as errors
 * of registries do, that is taken away.
 */
export function sayOf({ original, repository }: Reference, message: string): string {
  const name = repositoryName(repository);
  const rest = message.startsWith(name) ? /^(?:[:@][^\s]+?)?: (.*)$/s.exec(message.slice(name.length)) : null;
  return `${original}: ${rest?.[1] ?? message}`;
}

/** The same reference with this digest, name and tag spelled as before: `nginx:1.25@sha256:…`. */
export function withDigest(reference: Reference, digest: Digest): Reference {
  const original = joinReference(reference.name, reference.tag, digest);
  return { ...reference, original, digest };
}

/** The same reference without its digest: what `unpin` leaves. */
export function withoutDigest(reference: Reference): Reference {
  const original = joinReference(reference.name, reference.tag, undefined);
  return { ...reference, original, digest: undefined };
}

/** `name[:tag][@digest]`. */
export function joinReference(name: string, tag: string | undefined, digest: string | undefined): string {
  return name + (tag === undefined ? '' : `:${tag}`) + (digest === undefined ? '' : `@${digest}`);
}

function hintFor(text: string): string {
  if (text === '') return 'a reference is empty here; was a variable not set?';
  if (text !== text.trim()) return 'remove the space around it';
  if (/^[a-z]+:\/\//.test(text)) return 'write it without the scheme, e.g. ghcr.io/org/app:1.0';
  if (/[${}()]/.test(text)) return 'it holds a placeholder: render the template first';
  if (text.length > referenceLengthMax) return `a reference has at most ${referenceLengthMax} characters`;
  if (text.includes('@')) return 'after @ comes sha256: and 64 lower-case hex digits, or sha512: and 128';
  if (imageIdPattern.test(text)) return 'this is the ID of an image: write the repository that it is from';
  if (/[A-Z]/.test(pathOf(text))) return 'the repository must be lower case';
  return 'write [HOST[:PORT]/]PATH[:TAG][@DIGEST], e.g. ghcr.io/kube-logging/fluentd:v1.16-4.11-full';
}

/** Roughly the part that must be lower case, of a text that is no reference. */
function pathOf(text: string): string {
  const path = /^[^/]*[.:][^/]*\/(.*)$/s.exec(text)?.[1] ?? text;
  return path.replace(/:[^/]*$/, '');
}
