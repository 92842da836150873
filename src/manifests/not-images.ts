import type { ManifestObject } from './image-field.ts';
import { wordSet } from './key-meaning.ts';

/** Kinds whose fields speak of images without declaring one: schemas, policies about images, repositories to watch. */
const kindsWithoutImages = new Set([
  'CustomResourceDefinition',
  // Kyverno and sigstore: patterns.
  'PolicyException',
  'ClusterImagePolicy',
  'ImageValidatingPolicy',
  'ConstraintTemplate',
  // Flux and Argo CD Image Updater: where to look for tags.
  'ImageRepository',
  'ImageUpdateAutomation',
  'ImageUpdater',
  // OpenShift: mirrors.
  'ImageContentSourcePolicy',
  'ImageDigestMirrorSet',
  'ImageTagMirrorSet',
]);

export function declaresNoImages(object: ManifestObject | undefined): boolean {
  return object !== undefined && kindsWithoutImages.has(object.kind);
}

/** Kinds that speak of images to match them: a reference there by its mere shape is a condition. */
export function isAboutImages(object: ManifestObject | undefined): boolean {
  return object !== undefined && /^(?:policies\.)?kyverno\.io\//.test(object.apiVersion);
}

/** Keys whose value says nothing of what is declared, wherever they stand. */
const skippedKeys = new Set([
  'openAPIV3Schema',
  'managedFields',
  'imagePullSecrets',
  'labels',
  'matchLabels',
  'commonLabels',
  'podLabels',
  'nodeSelector',
  'matchExpressions',
  'kubectl.kubernetes.io/last-applied-configuration',
  // Patterns of Kyverno, Gatekeeper, Connaisseur, sigstore.
  'verifyImages',
  'imageReferences',
  'skipImageReferences',
  'matchImageReferences',
  'imageExtractors',
  // Documentation in Knative's and KServe's ConfigMaps.
  '_example',
  // What a chart's unit tests expect of its output.
  'asserts',
]);

/** Whether nothing under this key of an object is declared by it. */
export function isSkippedKey(key: string, object: ManifestObject | undefined): boolean {
  if (skippedKeys.has(key) || /^(?:argocd-image-updater\.argoproj\.io|kbld\.carvel\.dev)\//.test(key))
    return true;
  return (key === 'pattern' || key === 'anyPattern') && object?.apiVersion.startsWith('kyverno.io/') === true;
}

/** Kinds whose images boot machines: an image there is one of ours only where it names a registry. */
export function bootsMachines(object: ManifestObject | undefined): boolean {
  return (
    object !== undefined &&
    /Machine|^InstanceGroup$|^Node(?:Pool|Group|Class)|NodeClass$|^Droplet|Server$|^Shoot$|^CloudProfile$|^Bastion/.test(
      object.kind,
    )
  );
}

/** Keys above an image that make it a machine's. */
export function isMachineKey(key: string): boolean {
  return /^(?:machines?|vms?|pools?|instances?|nodePools?)$/.test(key);
}

/**
 * Keys under which a reference by its mere shape is none of ours: what is built, matched, mirrored or linked
 * to, and OCI artifacts that are no images.
 */
export function isForeignKey(key: string): boolean {
  return (
    foreignKeys.has(key.replace(/^-+/, '')) ||
    /(?:repository|repo|registry|url|chart|prefix|pattern|artifact)$/i.test(key)
  );
}

/** Keys above an image that make it the result of a build: skaffold's artifacts, the output of a build. */
export function isProductKey(key: string): boolean {
  return /^(?:artifacts|output|destination)$/.test(key);
}

const foreignKeys = wordSet(
  'tag tags cache-from cache-to cacheFrom glob match matches subject homepage description message',
  'oci mirror mirrors source sources labels title summary bundle destination dest output placeholder',
);

/** A JSON schema, or a property of one under a key such as `image`: what it holds describes values. */
export function isSchema(keys: ReadonlySet<string>, typeUnderImage: string | undefined): boolean {
  if (typeUnderImage !== undefined && /^(?:string|object|array)$/.test(typeUnderImage)) return true;
  return keys.has('$schema') && (keys.has('properties') || keys.has('definitions') || keys.has('$defs'));
}
