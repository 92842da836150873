/**
 * Which files are read in a folder, by name alone. A file that is named as a PATH itself is always read.
 */

const manifestName = /\.(?:ya?ml|json|tpl|gotmpl)$|^kustomization$/i;

/** Lists of images as air-gap bundles ship them: `images.txt`, `rancher-images.txt`, `images-linux.txt`. */
const imageListName = /images?\b.*\.txt$|image-?list[^/]*\.txt$/i;

/** Names that never hold manifests and can be huge. */
const otherNames: ReadonlySet<string> = new Set([
  'package.json',
  'package-lock.json',
  'npm-shrinkwrap.json',
  'pnpm-lock.yaml',
  'tsconfig.json',
  'holdfast.yaml',
]);

export function isManifestName(name: string): boolean {
  return (manifestName.test(name) || imageListName.test(name)) && !otherNames.has(name);
}

/** Folders that are never entered: they hold copies and bookkeeping, not what a person declared. */
const skippedFolders: ReadonlySet<string> = new Set(['.git', '.hg', '.svn', 'node_modules']);

export function isSkippedFolder(name: string): boolean {
  return skippedFolders.has(name);
}
