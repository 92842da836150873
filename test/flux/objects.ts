/** Objects of Flux's kinds, as a person writes them. */

export type KubernetesObject = Readonly<Record<string, unknown>> & {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly labels?: Readonly<Record<string, string>>;
  };
};

type Spec = Readonly<Record<string, unknown>>;

const apiVersion = 'image.toolkit.fluxcd.io/v1';

/** Stands for `HOST:PORT/PATH` of the repository that a scenario has for itself, without credentials. */
export const openImage = 'open.test/image';

/** As `openImage`, in the registry that wants `reader` and `right`. */
export const closedImage = 'closed.test/image';

/** As `openImage`, in a registry that shows a certificate of an authority of its own. */
export const secureImage = 'secure.test/image';

/** As `openImage`, by a name that is reached through the proxy alone. */
export const farImage = 'far.test/image';

/** An ImageRepository of the scenario's image, looked at once an hour. */
export function repository(name: string, spec: Spec = {}, metadata: Spec = {}): KubernetesObject {
  return {
    apiVersion,
    kind: 'ImageRepository',
    metadata: { name, ...metadata },
    spec: { image: openImage, interval: '1h', ...spec },
  };
}

/** An ImagePolicy of the repository of the same name. */
export function policy(name: string, spec: Spec = {}, metadata: Spec = {}): KubernetesObject {
  return {
    apiVersion,
    kind: 'ImagePolicy',
    metadata: { name, ...metadata },
    spec: { imageRepositoryRef: { name }, policy: { semver: { range: '*' } }, ...spec },
  };
}

export function secret(
  name: string,
  type: string,
  stringData: Readonly<Record<string, string>>,
): KubernetesObject {
  return { apiVersion: 'v1', kind: 'Secret', metadata: { name }, type, stringData };
}

/** As docker login writes it. `HOST` in the key stands for the closed registry's. */
export function dockerConfig(password: string, key = 'closed.test'): Readonly<Record<string, string>> {
  const auth = Buffer.from(`reader:${password}`).toString('base64');
  return { '.dockerconfigjson': JSON.stringify({ auths: { [key]: { auth } } }) };
}
