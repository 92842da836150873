import type { Confidence } from './image-field.ts';
import { keyMeaning } from './key-meaning.ts';
import { bootsMachines, isAboutImages, isForeignKey, isMachineKey } from './not-images.ts';
import type { Scope } from './scope.ts';
import { isReferenceByShape, type ValueShape, valueShape } from './value-shape.ts';

/** Why a value is taken for a reference, and how sure that is. */
export type Verdict = { readonly confidence: Confidence; readonly foundBy: string };

/** Keys below `image:` that hold the whole reference: kubeflow's `image.value`, `image.name`. */
const wholeKeys = new Set(['value', 'default', 'name', 'full', 'ref', 'reference', 'uri', 'url', 'override']);

/**
 * Whether a scalar is a reference, judged by what its key means, what the value looks like and where both
 * stand. Undefined: it is none.
 *
 * @param key its own key, or the name beside it where the map is a name and a value
 */
export function judgeValue(scope: Scope, key: string, value: string): Verdict | undefined {
  const shape = valueShape(value);
  if (shape === 'none') return undefined;
  if (scope.schema === 'container' && key === 'image') return { confidence: 'certain', foundBy: 'pod-spec' };
  if (scope.schema === 'image-volume' && key === 'reference')
    return { confidence: 'certain', foundBy: 'image-volume' };
  const confidence = byKey(scope, key, shape);
  if (confidence !== undefined) {
    return { confidence: isProduct(scope, key) ? 'possible' : confidence, foundBy: 'image-key' };
  }
  if (isBuildStep(scope, key, shape)) return { confidence: 'likely', foundBy: 'build-step' };
  const isForeign = isForeignKey(key) || isForeignKey(scope.key) || isAboutImages(scope.object);
  if (!isForeign && isReferenceByShape(value)) {
    return { confidence: 'likely', foundBy: 'value-shape' };
  }
  return undefined;
}

/** Whether what stands here is the name of what is built, which nobody has pushed yet. */
export function isProduct(scope: Scope, key: string): boolean {
  return scope.isBuilt && key === 'image';
}

function byKey(scope: Scope, key: string, shape: ValueShape): Confidence | undefined {
  if (scope.dialect === 'workflow' && key === 'container') return 'likely';
  switch (keyMeaning(key)) {
    case 'image':
      return fitsSurroundings(scope, shape) ? byImageKey(scope, key, shape) : undefined;
    case 'images':
      return shape === 'tagged' || shape === 'full' || shape === 'pinned' ? 'likely' : undefined;
    case 'mention':
      return shape === 'full' || shape === 'pinned' ? 'likely' : undefined;
    case 'none':
      return belowImage(scope, key, shape);
  }
}

/**
 * `image: nginx`, `--proxy-image=nginx` and a chart's `initImage: nginx` need no more; `nodeImage: ubuntu` in
 * a custom resource or `baseImage: nginx` could be a word, and `IMAGE_NAME: shop` is what a build makes.
 */
function byImageKey(scope: Scope, key: string, shape: ValueShape): Confidence | undefined {
  if (shape === 'bare' && !/^-{0,2}image$/i.test(key)) {
    if (/name$/i.test(key)) return undefined;
    const isPlain = key.startsWith('-') || (scope.object === undefined && /[a-z]Image$/.test(key));
    return isPlain && !/base[-_]?image$/i.test(key) ? 'likely' : 'possible';
  }
  return shape === 'path' && !/image$/i.test(key) ? 'possible' : 'likely';
}

/** Where an image of a disk, a build's result or a machine could stand, the value must say more. */
function fitsSurroundings(scope: Scope, shape: ValueShape): boolean {
  const saysMore = shape !== 'bare' && shape !== 'path' && shape !== 'tagged';
  if (bootsMachines(scope.object) || isMachineKey(scope.key)) return saysMore;
  if (scope.dialect === 'skaffold') return saysMore;
  // A workflow's matrix and inputs name what it builds.
  if (scope.dialect === 'workflow') return shape === 'tagged' || shape === 'full' || shape === 'pinned';
  return true;
}

/** Under `image:` or `images:`, where the key itself says nothing. */
function belowImage(scope: Scope, key: string, shape: ValueShape): Confidence | undefined {
  if (scope.about === 'other' || scope.dialect === 'workflow') return undefined;
  if (shape === 'full' || shape === 'pinned' || shape === 'tagged') return 'likely';
  const isWhole = wholeKeys.has(key) || key === '';
  if (shape === 'bare' || !isWhole) return undefined;
  return shape === 'hosted' ? 'likely' : 'possible';
}

/** Google Cloud Build: the name of a step is the image it runs in. GitLab CI: that of a service. */
function isBuildStep(scope: Scope, key: string, shape: ValueShape): boolean {
  if (scope.object !== undefined || !(key === 'name' || key === '')) return false;
  if (scope.key === 'services') return /\.gitlab-ci\.ya?ml$/.test(scope.reading.fileName);
  return (
    scope.key === 'steps' && key === 'name' && (shape === 'hosted' || shape === 'full' || shape === 'pinned')
  );
}
