import { type Digest, tryParseDigest } from '../reference/digest.ts';
import { joinReference, tryParseReference } from '../reference/reference.ts';
import { type Tag, tryParseTag } from '../reference/tag.ts';
import { setDigestKey } from './edit-digest-key.ts';
import { setKustomizeDigest } from './edit-kustomization.ts';
import { type EditOutcome, edited, refused } from './edit-outcome.ts';
import type { ImageField, ImagePart, ImagePartRole } from './image-field.ts';
import {
  encodePlain,
  findKeyBefore,
  findValueRange,
  isChangedByReading,
  isSharedScalar,
} from './scalar-text.ts';
import type { Splice } from './splice.ts';

/** What a field is to say. A part that is absent stays as it is. */
export type ImageChange = {
  /** The name as it is to be written, e.g. `mirror.example/nginx`. */
  readonly name?: string;
  readonly tag?: Tag;
  readonly digest?: Digest | 'none';
};

/**
 * Adds a digest beside the tag (`nginx:1.25@sha256:…`), into the form's own digest key, or as a kustomize
 * `digest:` line; a digest that is there is replaced. Undone to the byte by {@link unpinImageField}.
 */
export function pinImageField(text: string, field: ImageField, digest: Digest): EditOutcome {
  return setImageField(text, field, { digest });
}

/** Takes the digest out again: what is left is exactly what {@link pinImageField} was given. */
export function unpinImageField(text: string, field: ImageField): EditOutcome {
  return setImageField(text, field, { digest: 'none' });
}

/**
 * The splices that make a field say something else, and nothing else of the file. A new name or tag without
 * a digest takes the old digest away: it named other content.
 */
export function setImageField(text: string, field: ImageField, change: ImageChange): EditOutcome {
  const asked = change.digest ?? (change.name === undefined && change.tag === undefined ? undefined : 'none');
  const parts = partsByRole(field);
  if (parts.reference !== undefined) {
    return setWhole(
      text,
      parts.reference,
      parts,
      asked === undefined ? change : { ...change, digest: asked },
    );
  }
  const edits: Splice[] = [];
  const steps = [
    () => (change.name === undefined ? undefined : setName(text, field, parts, change.name)),
    () => (change.tag === undefined ? undefined : setTag(text, field, parts, change.tag, asked)),
    () => (asked === undefined ? undefined : setDigest(text, field, parts, change.tag, asked)),
  ];
  for (const step of steps) {
    const outcome = step();
    if (outcome?.kind === 'refused') return outcome;
    if (outcome?.kind === 'edited') edits.push(...outcome.edits);
  }
  return edited(text, edits);
}

export type PartsByRole = { readonly [Role in ImagePartRole]?: ImagePart };

function partsByRole(field: ImageField): PartsByRole {
  return Object.fromEntries(field.parts.map((part) => [part.role, part]));
}

/** One scalar holds name and tag; the digest stands there too, or under a key of its own. */
function setWhole(text: string, part: ImagePart, parts: PartsByRole, change: ImageChange): EditOutcome {
  const reference = tryParseReference(part.value);
  if (reference === undefined) return notAReference(part);
  const range = findValueRange(text, part);
  if (range === undefined) return notLiteral(part);
  const name = change.name ?? reference.name;
  const tag = change.tag ?? reference.tag;
  const keepsDigestApart = parts.digest !== undefined && reference.digest === undefined;
  const digest =
    change.digest === 'none' || keepsDigestApart ? undefined : (change.digest ?? reference.digest);
  const whole = { start: range.start, end: range.end, text: joinReference(name, tag, digest) };
  const edits = [withoutCommonEnds(text, whole)];
  if (keepsDigestApart && parts.digest !== undefined && change.digest !== undefined) {
    const outcome = setDigestKey(text, parts.digest, change.digest);
    if (outcome.kind === 'refused') return outcome;
    if (outcome.kind === 'edited') edits.push(...outcome.edits);
  }
  return edited(text, edits);
}

/** The name of a split or kustomize field, where one part holds all of it. */
function setName(text: string, field: ImageField, parts: PartsByRole, name: string): EditOutcome {
  const part = field.form === 'kustomize' ? parts.newName : parts.repository;
  if (part === undefined || parts.registry !== undefined) {
    return refused('not-literal', `no single key at ${field.pointer || '/'} holds the whole name`);
  }
  return replaceValue(text, part, name);
}

function setTag(
  text: string,
  field: ImageField,
  parts: PartsByRole,
  tag: Tag,
  digest: Digest | 'none' | undefined,
): EditOutcome {
  const part = parts.tag;
  if (part === undefined) return tagMissing(field);
  if (part.shared === true) return enclosing(part);
  if (isSharedScalar(text, part)) return anchored(part);
  const joined = holdsDigestInTag(text, part, parts, field) && digest !== undefined && digest !== 'none';
  return replaceValue(text, part, joined ? `${tag}@${digest}` : tag);
}

function setDigest(
  text: string,
  field: ImageField,
  parts: PartsByRole,
  newTag: Tag | undefined,
  digest: Digest | 'none',
): EditOutcome {
  const part = parts.tag;
  if (part === undefined || part.value === '')
    return digest === 'none' ? dropDigest(text, parts) : tagMissing(field);
  if (part.style === 'plain' && isChangedByReading(part.value)) return numberTag(part);
  if (field.form === 'kustomize') return setKustomizeDigest(text, parts, digest);
  if (!holdsDigestInTag(text, part, parts, field) && parts.digest !== undefined) {
    return setDigestKey(text, parts.digest, digest);
  }
  // The tag itself was just written together with its digest.
  if (newTag !== undefined) return { kind: 'unchanged' };
  return setDigestInTag(text, part, digest);
}

/**
 * `tag: v1@sha256:…`: where it stands so already, where the map has no key of its own for a digest, and where
 * that is `null`, as Helm values take a default away: no removal could give a `null` back.
 */
function holdsDigestInTag(text: string, part: ImagePart, parts: PartsByRole, field: ImageField): boolean {
  if (part.value.includes('@')) return true;
  if (parts.digest === undefined) return field.form !== 'kustomize';
  return isNull(text, parts.digest);
}

function isNull(text: string, { style, value, start, end }: ImagePart): boolean {
  return style === 'plain' && value === '' && /^(?:~|null)$/i.test(text.slice(start, end));
}

function setDigestInTag(text: string, part: ImagePart, digest: Digest | 'none'): EditOutcome {
  const at = part.value.indexOf('@');
  const tag = at === -1 ? part.value : part.value.slice(0, at);
  const old = at === -1 ? undefined : part.value.slice(at + 1);
  if (tryParseTag(tag) === undefined || (old !== undefined && tryParseDigest(old) === undefined)) {
    return notAReference(part);
  }
  if (digest === 'none' && old === undefined) return { kind: 'unchanged' };
  if (part.shared === true) return enclosing(part);
  if (isSharedScalar(text, part)) return anchored(part);
  if (!/tag$/i.test(findKeyBefore(text, part) ?? part.pointer)) return versionKey(part);
  const range = findValueRange(text, part);
  if (range === undefined) return notLiteral(part);
  if (digest === 'none' && part.style === 'plain' && isChangedByReading(tag)) {
    return replaceValue(text, part, tag);
  }
  const start = range.start + tag.length;
  return edited(text, [{ start, end: range.end, text: digest === 'none' ? '' : `@${digest}` }]);
}

/** A digest without a tag beside it is not taken away: the field would mean `latest`. */
function dropDigest(text: string, parts: PartsByRole): EditOutcome {
  if (parts.digest === undefined || parts.digest.value === '') return { kind: 'unchanged' };
  const range = findValueRange(text, parts.digest);
  return range === undefined
    ? notLiteral(parts.digest)
    : refused('tag-missing', 'a digest stands here alone: without it nothing would say which image is meant');
}

/** A value in its own quotes, or with quotes where a plain one would be read as a number. */
function replaceValue(text: string, part: ImagePart, value: string): EditOutcome {
  const range = findValueRange(text, part);
  const encoded = part.style === 'plain' ? encodePlain(value, part.within) : value;
  if (range === undefined || encoded === undefined || part.value === '') return notLiteral(part);
  return edited(text, [{ ...range, text: encoded }]);
}

/** The same edit without the characters both begin and end with: `@sha256:…` instead of the whole reference. */
function withoutCommonEnds(text: string, splice: Splice): Splice {
  const old = text.slice(splice.start, splice.end);
  let head = 0;
  while (head < old.length && head < splice.text.length && old[head] === splice.text[head]) head += 1;
  let tail = 0;
  const tailMax = Math.min(old.length, splice.text.length) - head;
  while (tail < tailMax && old.at(-1 - tail) === splice.text.at(-1 - tail)) tail += 1;
  return {
    start: splice.start + head,
    end: splice.end - tail,
    text: splice.text.slice(head, splice.text.length - tail),
  };
}

function notAReference(part: ImagePart): EditOutcome {
  return refused('not-a-reference', `not a reference: ${JSON.stringify(part.value.slice(0, 200))}`);
}

function notLiteral(part: ImagePart): EditOutcome {
  return refused(
    'not-literal',
    `${JSON.stringify(part.value.slice(0, 200))} is written with escapes or over several lines`,
    'write the value plainly, on one line',
  );
}

function tagMissing(field: ImageField): EditOutcome {
  return refused(
    'tag-missing',
    `${field.reference} has no tag here: the chart, the operator or the kustomized manifest supplies it`,
    'write the tag that is meant beside it',
  );
}

function anchored(part: ImagePart): EditOutcome {
  return refused(
    'anchored',
    `the tag ${part.value} is an anchor used in ${part.aliases} other place(s), which would change with it`,
    'write the tag out, or give the map a digest key',
  );
}

function enclosing(part: ImagePart): EditOutcome {
  return refused(
    'enclosing',
    `the tag ${part.value} at ${part.pointer} stands there for other images too`,
    'write the whole reference where this image is named, if its reader takes one',
  );
}

function versionKey(part: ImagePart): EditOutcome {
  return refused(
    'version-key',
    `${part.pointer} is read as a version, which a digest behind it would break`,
    'give the map a digest key if its reader knows one',
  );
}

function numberTag(part: ImagePart): EditOutcome {
  return refused(
    'number',
    `the tag ${part.value} is read as a number and comes out as ${Number(part.value)}`,
    `put it in quotes: "${part.value}"`,
  );
}
