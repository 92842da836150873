import { existsSync } from 'node:fs';
import { basename, dirname, join, posix } from 'node:path';
import type { Problem } from '../findings/finding.ts';
import { RenderError } from '../render/errors.ts';
import { type Renderer, type RenderOptions, render } from '../render/render.ts';
import { type DecodedText, decodeText } from './decode-text.ts';
import { kustomizationIn, readKustomization } from './kustomization.ts';
import { type Exclusion, type Listed, listFiles } from './list-files.ts';
import { readTextFile } from './read-text.ts';

/**
 * What is rendered besides reading the files. `none`: nothing. `auto`: charts, where helm is there. `helm`:
 * charts, and it is an error where helm is not. `kustomize`: the same for kustomizations, and charts as `auto`.
 */
export const renderChoices = ['none', 'auto', 'helm', 'kustomize'] as const;

export type RenderChoice = (typeof renderChoices)[number];

/** A folder to be rendered, and the name under which the result is shown. */
export type RenderPlace = {
  readonly renderer: Renderer;
  readonly file: string;
  /** As shown to people. */
  readonly folder: string;
  readonly path: string;
  /** A place that cannot be rendered is a problem; otherwise its files, which are read anyway, have to do. */
  readonly isAskedFor: boolean;
};

type Folder = Extract<Listed, { kind: 'folder' }>;

/** What of a folder is to be rendered. `roots` are the kustomizations that no other one takes in. */
export async function renderPlacesIn(
  folder: Folder,
  choice: RenderChoice,
  roots: ReadonlySet<string>,
): Promise<readonly RenderPlace[]> {
  const shown = folder.file === '' ? '.' : folder.file;
  const place = { folder: shown, path: folder.path };
  const places: RenderPlace[] = [];
  if (choice !== 'none' && (await isChart(folder))) {
    const file = `${shown} (helm template)`;
    places.push({ ...place, renderer: 'helm', file, isAskedFor: choice === 'helm' });
  }
  if (roots.has(folder.file)) {
    const file = `${shown} (kustomize build)`;
    places.push({ ...place, renderer: 'kustomize', file, isAskedFor: true });
  }
  return places;
}

/** Library charts render to nothing, and charts inside a chart are rendered with it. */
async function isChart({ path, names }: Folder): Promise<boolean> {
  if (!names.has('Chart.yaml')) return false;
  const above = dirname(path);
  if (basename(above) === 'charts' && existsSync(join(above, '..', 'Chart.yaml'))) return false;
  const read = await readTextFile(join(path, 'Chart.yaml'), 'Chart.yaml');
  return !('text' in read && /^type:\s*['"]?library\b/m.test(read.text));
}

/**
 * The result of rendering, or the problem that there is none.
 * @throws RenderError `RENDERER_MISSING` where it was asked for
 */
export async function renderPlace(place: RenderPlace, options: RenderOptions): Promise<DecodedText> {
  const { renderer, file, path, isAskedFor } = place;
  try {
    return decodeText(await render(renderer, path, options), file);
  } catch (error) {
    if (!(error instanceof RenderError) || (isAskedFor && error.code === 'RENDERER_MISSING')) throw error;
    return { problem: isAskedFor ? renderProblem(file, error) : notRendered(place, error) };
  }
}

function renderProblem(file: string, error: RenderError): Problem {
  const hint = error.hint === undefined ? {} : { hint: error.hint };
  return { code: error.code, message: error.message, ...hint, file };
}

function notRendered({ folder }: RenderPlace, error: RenderError): Problem {
  return {
    code: 'CHART_NOT_RENDERED',
    message: `templates were read as text, values not filled in: ${error.message}`,
    hint: 'make helm template FOLDER work here to see what they render to, or ask for --render none',
    file: posix.join(folder, 'Chart.yaml'),
  };
}

/** The kustomizations under a folder that no other one there takes in, as folders relative to it. */
export async function kustomizationRoots(
  root: string,
  isExcluded: Exclusion,
  signal: AbortSignal | undefined,
): Promise<ReadonlySet<string>> {
  const roots = new Set<string>();
  const taken = new Set<string>();
  for await (const listed of listFiles(root, isExcluded, signal)) {
    const name = listed.kind === 'folder' ? kustomizationIn(listed.names) : undefined;
    if (listed.kind !== 'folder' || name === undefined) continue;
    const read = await readTextFile(join(listed.path, name), listed.file);
    const { isComponent, resources } = readKustomization('text' in read ? read.text : '');
    if (!isComponent) roots.add(listed.file);
    for (const { text } of resources)
      taken.add(posix.join('/', listed.file, text).slice(1).replace(/\/$/, ''));
  }
  return new Set([...roots].filter((folder) => !taken.has(folder)));
}
