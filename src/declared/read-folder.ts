import type { Problem } from '../findings/finding.ts';
import { excludesFile, type ImageRules } from '../manifests/rules.ts';
import type { RenderOptions } from '../render/render.ts';
import type { DecodedText } from './decode-text.ts';
import { listFiles } from './list-files.ts';
import { findRules } from './load-rules.ts';
import { readTextFile } from './read-text.ts';
import {
  kustomizationRoots,
  type RenderChoice,
  type RenderPlace,
  renderPlace,
  renderPlacesIn,
} from './render-places.ts';

/** A text that was read or not, before anybody looks for images in it. */
export type ReadFile = {
  readonly file: string;
  /** Undefined where there is no file to edit. */
  readonly path: string | undefined;
  readonly rules: ImageRules;
  readonly decoded: DecodedText;
};

/** Reads one text, when called. */
export type Reading = () => Promise<ReadFile>;

export type ReadFolderOptions = {
  /** Where the search for rules ends outside of a Git repository. */
  readonly cwd: string;
  readonly env: RenderOptions['env'];
  readonly signal?: AbortSignal | undefined;
  readonly rules?: ImageRules | undefined;
  readonly render?: RenderChoice | undefined;
};

/**
 * What there is to read under a folder, in the order of its path.
 *
 * @param shown how the folder is called in messages
 * @throws DeclaredError `CONFIG_INVALID`, `CONFIG_TOO_NEW`; the signal's reason where it is aborted
 */
export async function* readFolder(
  root: string,
  shown: string,
  options: ReadFolderOptions,
): AsyncGenerator<Reading> {
  const { render = 'none', signal } = options;
  const rules = options.rules ?? (await findRules(root, options.cwd));
  const isExcluded = (file: string): boolean => excludesFile(rules, file);
  const roots =
    render === 'kustomize' ? await kustomizationRoots(root, isExcluded, signal) : new Set<string>();
  const renderOneByOne = oneByOne((place: RenderPlace) => renderPlace(place, options));
  let met = 0;
  for await (const listed of listFiles(root, isExcluded, signal)) {
    const { file } = listed;
    if (listed.kind === 'folder') {
      for (const place of await renderPlacesIn(listed, render, roots)) {
        const decoded = renderOneByOne(place);
        yield async () => ({ file: place.file, path: undefined, rules, decoded: await decoded });
      }
      continue;
    }
    met += 1;
    if (listed.kind === 'problem') {
      yield async () => ({ file, path: undefined, rules, decoded: { problem: listed.problem } });
    } else {
      yield async () => ({ file, path: listed.path, rules, decoded: await readTextFile(listed.path, file) });
    }
  }
  if (met > 0) return;
  yield async () => ({ file: '.', path: undefined, rules, decoded: { problem: noManifestFiles(shown) } });
}

/** Calls follow each other: helm and kustomize take a processor and a hundred megabytes each. */
function oneByOne<Given, Value>(call: (given: Given) => Promise<Value>): (given: Given) => Promise<Value> {
  let last: Promise<unknown> = Promise.resolve();
  return (given) => {
    const running = last.then(() => call(given));
    last = running.catch(() => undefined);
    return running;
  };
}

function noManifestFiles(shown: string): Problem {
  return {
    code: 'NO_MANIFEST_FILES',
    message: `no manifest files in ${JSON.stringify(shown)}`,
    hint: 'read are .yaml, .yml, .json and .tpl files, Kustomization, and image lists such as images.txt',
  };
}
