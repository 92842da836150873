/** Loaded late, by `import()` of this file: a bundle of it holds what is named here, and not the classes of all kinds. */
export { KubeConfig } from '@kubernetes/client-node';
