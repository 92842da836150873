import { relative } from 'node:path';
import type { DeclaredFile } from '../declared/declared.ts';
import type { ReferenceInFile } from '../lock/compare-lock.ts';
import type { ImageField } from '../manifests/image-field.ts';
import { type Reference, tryParseReference } from '../reference/reference.ts';

/** What a field means for a lock. */
export type Meaning =
  | { readonly kind: 'reference'; readonly reference: Reference }
  /** Nothing that could be locked or pinned stands here, and this is why. */
  | { readonly kind: 'none'; readonly because: NotLockable };

export type NotLockable =
  /** Parts of a reference without a tag: chart, operator or base supply it. */
  | 'no-tag-here'
  /** Only the key or only the value looks like an image. */
  | 'uncertain'
  /** A template, a variable, or nothing. */
  | 'not-a-reference';

/** The reference a field means by itself. */
export function meaningOf(field: ImageField): Meaning {
  if (field.confidence === 'possible') return { kind: 'none', because: 'uncertain' };
  const reference = tryParseReference(field.reference);
  if (reference === undefined) return { kind: 'none', because: 'not-a-reference' };
  // By its parts, for those of a map within a string or template have the form of what is around them.
  const isPart = field.parts.some(({ role }) => /^(?:repository|match|newName)$/.test(role));
  const isOpen = isPart && reference.tag === undefined && reference.digest === undefined;
  const hasSuffix = field.parts.some((part) => part.role === 'tagSuffix');
  if (isOpen || hasSuffix) return { kind: 'none', because: 'no-tag-here' };
  return { kind: 'reference', reference };
}

/** Where the files of references are seen from. */
export type Viewpoint = {
  readonly cwd: string;
  /** Absolute; places in the lock file are relative to its folder. */
  readonly lockFolder: string;
};

/** Every reference of a file that can be locked, and where it stands. */
export function referencesIn(file: DeclaredFile, viewpoint: Viewpoint): readonly ReferenceInFile[] {
  return file.fields.flatMap((field) => {
    const meaning = meaningOf(field);
    return meaning.kind === 'none' ? [] : [locate(file, field, meaning.reference, viewpoint)];
  });
}

export function locate(
  file: DeclaredFile,
  field: ImageField,
  reference: Reference,
  { cwd, lockFolder }: Viewpoint,
): ReferenceInFile {
  const at = { reference, file: file.file, line: field.line, column: field.column };
  if (file.path === undefined) return at;
  const place = `${relative(lockFolder, file.path).replaceAll('\\', '/')}#${field.document}${field.pointer}`;
  return { ...at, path: relative(cwd, file.path), place };
}
