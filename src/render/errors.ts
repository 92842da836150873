import { HoldfastError } from '../errors.ts';

export type RenderErrorCode =
  /** Neither helm, nor kustomize or kubectl, is there. */
  'RENDERER_MISSING' | 'RENDER_FAILED';

export class RenderError extends HoldfastError<RenderErrorCode> {
  override readonly name = 'RenderError';
}
