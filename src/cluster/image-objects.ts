import { apiGroup, apiVersion } from '../api/api.ts';
import { type ImagePolicy, parseImagePolicy } from '../api/image-policy.ts';
import { type ImageRepository, parseImageRepository } from '../api/image-repository.ts';
import { type ImageUpdateAutomation, parseImageUpdateAutomation } from '../api/image-update-automation.ts';
import { FieldError, type Fields } from '../api/read-fields.ts';
import type { Problem } from '../findings/finding.ts';
import { ClusterError } from './errors.ts';
import { isForeignObject, objectAt, textAt } from './foreign-value.ts';
import { type ClusterAccessOptions, openClusterAccess } from './kubeconfig.ts';
import { listObjects } from './list-objects.ts';
import type { ObjectSink } from './read-dump.ts';

/** Flux's image objects, from wherever. A kind is undefined where nobody could look for it: not known, not none. */
export type ImageObjects = {
  readonly repositories: readonly ImageRepository[] | undefined;
  readonly policies: readonly ImagePolicy[] | undefined;
  readonly automations: readonly ImageUpdateAutomation[] | undefined;
  /** Objects that cannot be read, and kinds that could not be listed. */
  readonly problems: readonly Problem[];
};

/** Collects image objects out of objects of any kind. */
export interface ImageObjectsCollector extends ObjectSink {
  /** A whole list of this kind was read, even if nothing was in it. */
  cover(kind: string): void;
  /** Names the file that the next objects come from, for what is wrong with them. */
  readFrom(file: string): void;
  objects(): ImageObjects;
}

/** Most image objects kept: a hundred times the largest setup that Flux's maintainers name. */
const objectsMax = 500_000;

/** Lists inside lists, as some tools write them. */
const listDepthMax = 4;

/** What prints image objects, in a cluster without Flux's image-automation-controller, too. */
const imageDumpCommand = 'kubectl get imagerepositories,imagepolicies -A -o json';

export function collectImageObjects(): ImageObjectsCollector {
  const found = {
    ImageRepository: new Map<string, ImageRepository>(),
    ImagePolicy: new Map<string, ImagePolicy>(),
    ImageUpdateAutomation: new Map<string, ImageUpdateAutomation>(),
  };
  const covered = new Set<string>();
  const problems: Problem[] = [];
  let count = 0;
  let file: string | undefined;

  function addOne(object: Fields, kind: string): void {
    if (!textAt(object, 'apiVersion')?.startsWith(`${apiGroup}/`) && !Object.hasOwn(found, kind)) return;
    count += 1;
    if (count > objectsMax) {
      throw new ClusterError('SNAPSHOT_TOO_LARGE', `more than ${objectsMax} image objects`, {
        hint: 'look at one namespace at a time',
      });
    }
    try {
      // Files need not say the namespace they are applied to.
      const named = withNamespace(object);
      if (kind === 'ImageRepository') put(found[kind], parseImageRepository(named));
      else if (kind === 'ImagePolicy') put(found[kind], parseImagePolicy(named));
      else if (kind === 'ImageUpdateAutomation') put(found[kind], parseImageUpdateAutomation(named));
      else return;
      covered.add(kind);
    } catch (error) {
      if (!(error instanceof FieldError)) throw error;
      const name = textAt(objectAt(object, 'metadata'), 'name') ?? 'without a name';
      const message = `${kind} ${name}: ${error.message}`;
      problems.push({ code: 'OBJECT_UNREADABLE', message, ...(file === undefined ? {} : { file }) });
    }
  }

  function add(value: unknown, listKind = '', depth = 0): void {
    if (!isForeignObject(value)) return;
    const kind = textAt(value, 'kind') ?? listKind.replace(/List$/, '');
    const items = value['items'];
    if (!kind.endsWith('List') || !Array.isArray(items)) return addOne(value, kind);
    covered.add(kind.replace(/List$/, ''));
    if (depth < listDepthMax) for (const item of items) add(item, kind, depth + 1);
  }

  return {
    get objectCount() {
      return count;
    },
    dumpCommand: imageDumpCommand,
    add: (value, listKind) => add(value, listKind),
    addProblem: (problem) => problems.push(problem),
    cover: (kind) => covered.add(kind),
    readFrom(name) {
      file = name;
    },
    objects: () => ({
      repositories: covered.has('ImageRepository') ? [...found.ImageRepository.values()] : undefined,
      policies: covered.has('ImagePolicy') ? [...found.ImagePolicy.values()] : undefined,
      automations: covered.has('ImageUpdateAutomation')
        ? [...found.ImageUpdateAutomation.values()]
        : undefined,
      problems,
    }),
  };
}

function put<Kind extends { readonly meta: { readonly namespace: string; readonly name: string } }>(
  objects: Map<string, Kind>,
  object: Kind,
): void {
  objects.set(`${object.meta.namespace}/${object.meta.name}`, object);
}

function withNamespace(object: Fields): Fields {
  const metadata = objectAt(object, 'metadata');
  return textAt(metadata, 'namespace') === undefined
    ? { ...object, metadata: { ...metadata, namespace: 'default' } }
    : object;
}

export type ReadImageObjectsOptions = ClusterAccessOptions & {
  /** Absent: all namespaces. */
  readonly namespace?: string | undefined;
  readonly signal?: AbortSignal;
};

const kinds = {
  ImageRepository: 'imagerepositories',
  ImagePolicy: 'imagepolicies',
  ImageUpdateAutomation: 'imageupdateautomations',
} as const;

/**
 * The image objects of a live cluster, read only by listing. A kind that may not be listed, or that the server
 * does not serve, is not known, with a problem; but that Flux's image-automation-controller, whose kind
 * ImageUpdateAutomation is, was not installed is none.
 * @throws ClusterError `KUBECONFIG_INVALID`, `CLUSTER_*`
 */
export async function readImageObjects(options: ReadImageObjectsOptions): Promise<ImageObjects> {
  const access = await openClusterAccess({ ...options, dumpCommand: imageDumpCommand });
  const collector = collectImageObjects();
  const where = options.namespace === undefined ? '' : `/namespaces/${encodeURIComponent(options.namespace)}`;
  for (const [kind, plural] of Object.entries(kinds)) {
    const objects: (readonly [object: unknown, listKind: string])[] = [];
    try {
      await listObjects(access, {
        path: `/apis/${apiGroup}/${apiVersion}${where}/${plural}`,
        ...(options.signal === undefined ? {} : { signal: options.signal }),
        take: (object, listKind) => objects.push([object, listKind]),
        restart: () => objects.splice(0),
      });
      for (const [object, listKind] of objects) collector.add(object, listKind);
      collector.cover(kind);
    } catch (error) {
      if (!(error instanceof ClusterError) || !isPartial(error)) throw error;
      if (kind === 'ImageUpdateAutomation' && error.code === 'CLUSTER_NOT_FOUND') continue;
      const hint = `the report does without ${plural}; the right to list them would complete it`;
      collector.addProblem({ code: error.code, message: error.message, hint });
    }
  }
  return collector.objects();
}

/** A right that is missing, or a kind that is not served, takes one kind away and no more. */
function isPartial({ code }: ClusterError): boolean {
  return code === 'CLUSTER_FORBIDDEN' || code === 'CLUSTER_NOT_FOUND';
}
