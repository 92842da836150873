import { isImageListName } from '../manifests/image-list.ts';

/**
 * Which files are read in a folder, by name alone. A file that is named as a PATH itself is always read, so a
 * Dockerfile or a list of any name can be.
 */
export function isManifestName(name: string): boolean {
  return (manifestName.test(name) || isImageListName(name)) && !otherNames.has(name);
}

const manifestName = /\.(?:ya?ml|json|tpl|gotmpl)$|^kustomization$/i;

/** Names that never hold manifests and can be huge. */
const otherNames: ReadonlySet<string> = new Set([
  'package.json',
  'package-lock.json',
  'npm-shrinkwrap.json',
  'pnpm-lock.yaml',
  'tsconfig.json',
  'holdfast.yaml',
]);

/** Folders that are never entered: they hold copies and bookkeeping, not what a person declared. */
const skippedFolders: ReadonlySet<string> = new Set(['.git', '.hg', '.svn', 'node_modules']);

export function isSkippedFolder(name: string): boolean {
  return skippedFolders.has(name);
}

/**
 * What Go and PHP write into a `vendor` folder. Such a folder is not entered either, but that is said. Without
 * them it may hold manifests that are deployed, as vendir and jsonnet-bundler fetch them.
 */
export const vendorMarks: readonly string[] = ['modules.txt', 'autoload.php'];
