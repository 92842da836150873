import { isMap, isScalar, isSeq, LineCounter, parseDocument } from 'yaml';
import type { Problem } from '../findings/finding.ts';

/**
 * Names under which kustomize finds a kustomization in a folder, in its order.
 * Source: kustomize, `konfig.RecognizedKustomizationFileNames`.
 */
export const kustomizationNames: readonly string[] = [
  'kustomization.yaml',
  'kustomization.yml',
  'Kustomization',
];

/** Whether a file is a kustomization, by its name. */
export function isKustomization(file: string): boolean {
  return kustomizationNames.some((name) => file === name || file.endsWith(`/${name}`));
}

export function kustomizationIn(names: ReadonlySet<string>): string | undefined {
  return kustomizationNames.find((name) => names.has(name));
}

/** What a kustomization is made of, as far as it says so itself. */
export type Kustomization = {
  /** A component is no kustomization of its own: it changes the one that takes it in. */
  readonly isComponent: boolean;
  readonly resources: readonly KustomizationResource[];
};

export type KustomizationResource = {
  readonly text: string;
  /** 1-based. */
  readonly line: number;
  /** Fetched by kustomize from elsewhere: its images are in no file here. */
  readonly isRemote: boolean;
};

/** Reads a kustomization. One that cannot be read has no resources: the finder says what is wrong with it. */
export function readKustomization(text: string): Kustomization {
  const lineCounter = new LineCounter();
  const document = parseDocument(text, { lineCounter, logLevel: 'silent' });
  const root = document.contents;
  if (!isMap(root)) return { isComponent: false, resources: [] };
  const lists = ['resources', 'bases', 'components']
    .map((key): unknown => root.get(key, true))
    .filter((node) => isSeq(node));
  return {
    isComponent: String(root.get('kind')) === 'Component',
    resources: lists
      .flatMap((list) => list.items)
      .filter((node) => isScalar(node))
      .map(({ value, range }) => ({
        text: String(value),
        line: lineCounter.linePos(range?.[0] ?? 0).line,
        isRemote: isRemote(String(value)),
      })),
  };
}

/** Source: kustomize's rule of what is a URL of a file or a repository. */
function isRemote(resource: string): boolean {
  return /^(?:[a-z][a-z0-9+.-]*:\/\/|git::|[\w.-]+@[\w.-]+:|github\.com[/:])|[?&](?:ref|version)=/.test(
    resource,
  );
}

/** Says which images cannot be seen without fetching. */
export function remoteResourceNotes(text: string, file: string): readonly Problem[] {
  if (!/:\/\/|git|@|\?/.test(text)) return [];
  return readKustomization(text)
    .resources.filter((resource) => resource.isRemote)
    .map((resource) => ({
      code: 'REMOTE_RESOURCE',
      message: `images of ${resource.text} are not listed: that is elsewhere`,
      hint: 'with --render kustomize it is fetched',
      file,
      line: resource.line,
    }));
}
