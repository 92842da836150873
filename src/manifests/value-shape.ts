import { type Reference, tryParseReference } from '../reference/reference.ts';
import { wordSet } from './key-meaning.ts';

/**
 * How much a text looks like a reference by itself.
 * `bare`: one word, `nginx`. `path`: `org/app`. `tagged`: has a tag, `nginx:1.25`. `hosted`: names a registry,
 * `quay.io/org/app`. `full`: names a registry and a tag. `pinned`: has a digest.
 */
export type ValueShape = 'none' | 'bare' | 'path' | 'tagged' | 'hosted' | 'full' | 'pinned';

/** Nothing longer is a reference. Source: 255 for the name, 128 for the tag, 135 for a sha512 digest. */
const referenceLengthMax = 600;

const referenceCharacters = /^[\w.:/@[\]-]+$/;
/** Words that stand where an image could, and mean none: Istio's `auto`, booleans, policies. */
const words = wordSet(
  'auto true false yes no on off null none default scratch always never enabled disabled latest',
  'local remote custom',
);
/** A last path segment somebody is to replace. */
const placeholderPattern = /^(?:x{3,}|todo|tbd|fixme|change-?me|replace-?me)$/i;
/** What machines boot from: OpenStack's UUIDs, Amazon's and Google's names. */
const machineImagePattern =
  /^(?:ami-[0-9a-f]+|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$|\/global\/images\//;
/** Files and pictures, which hold `/`, `.` and `:` too. */
const filePattern =
  /\.(?:png|svg|jpe?g|gif|webp|ico|bmp|avif|qcow2|iso|img|raw|vmdk|vhdx?|ova|tar|t?gz|xz|zip|ya?ml|json|md|txt|html?|sh|go|py|js|ts|css|toml|tpl|conf|ks|efi)$/i;

/** Hosts of Git repositories: their registries have names of their own. */
const sourceHost = /^(?:github\.com|gitlab\.com|bitbucket\.org)$/i;

/** What a text looks like; `none` where it can be no reference: placeholders, URLs, patterns, files. */
export function valueShape(text: string): ValueShape {
  const reference = readReference(text);
  return reference === undefined ? 'none' : referenceShape(reference);
}

/** The reference a value is, where it is one and not a word, a number, a file or a placeholder. */
export function readReference(text: string): Reference | undefined {
  if (text === '' || text.length > referenceLengthMax || !referenceCharacters.test(text)) return undefined;
  if (words.has(text.toLowerCase()) || /^[\d.]+$/.test(text) || /^sha(?:256|512):/.test(text))
    return undefined;
  if (machineImagePattern.test(text)) return undefined;
  const reference = tryParseReference(text);
  if (reference === undefined || filePattern.test(reference.name) || isSource(reference)) return undefined;
  if (placeholderPattern.test(reference.name.slice(reference.name.lastIndexOf('/') + 1))) return undefined;
  return reference;
}

/** Whether a name leads to source code: a Git host, or the Go path of a program that ko is to build in its place. */
function isSource({ name, tag, digest }: Reference): boolean {
  const host = hostOf(name);
  if (host === undefined) return false;
  if (sourceHost.test(host)) return true;
  return tag === undefined && digest === undefined && /\/cmd\/[\w-]+$/.test(name) && !registryHost.test(host);
}

export function referenceShape(reference: Reference): ValueShape {
  if (reference.digest !== undefined) return 'pinned';
  const hosted = hostOf(reference.name) !== undefined;
  if (reference.tag !== undefined) return hosted ? 'full' : 'tagged';
  if (hosted) return 'hosted';
  return reference.name.includes('/') ? 'path' : 'bare';
}

/** Whether a text is a name to which a tag or digest is yet to come. */
export function isNameOnly(text: string): boolean {
  const shape = valueShape(text);
  return shape === 'bare' || shape === 'path' || shape === 'hosted';
}

/** The registry written in a name, or undefined where Docker Hub is meant without saying so. */
export function hostOf(name: string): string | undefined {
  const slash = name.indexOf('/');
  if (slash === -1) return undefined;
  const first = name.slice(0, slash);
  return /[.:]/.test(first) || first === 'localhost' ? first : undefined;
}

/** Hosts that serve images and little else, and what private ones are commonly called. */
const registryHost =
  /(?:^|\.)(?:docker\.io|docker\.com|quay\.io|gcr\.io|ghcr\.io|pkg\.dev|k8s\.io|ecr\.aws|amazonaws\.com(?:\.cn)?|azurecr\.(?:io|cn)|mcr\.microsoft\.com|nvcr\.io|cgr\.dev|icr\.io|lscr\.io|elastic\.co|gitlab\.com|upbound\.io|jfrog\.io|scr\.io|docker\.pkg\.github\.com|aliyuncs\.com|ocir\.io|container-registry\.oracle\.com|redhat\.(?:io|com)|suse\.com|rancher\.(?:io|com)|ttl\.sh|codeberg\.org|linkerd\.io|weave\.works)(?::\d+)?$|^(?:[\w-]+\.)*(?:registry|docker|harbor|nexus|images?|containers?|ecr|gcr|oci|cr|hub|mirror)[\w-]*\.[\w.-]+(?::\d+)?$|^localhost:\d+$/i;

/** Whether the text is a reference by its shape alone, whatever its key: a digest, or a known registry and a tag. */
export function isReferenceByShape(text: string): boolean {
  const reference = readReference(text);
  if (reference === undefined) return false;
  if (reference.digest !== undefined) return reference.name.includes('/') || reference.tag !== undefined;
  const host = hostOf(reference.name);
  return reference.tag !== undefined && host !== undefined && registryHost.test(host);
}
