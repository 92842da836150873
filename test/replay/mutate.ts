/** `node --import` of this file runs a program of ours with all of `mutations`. */
import assert from 'node:assert/strict';
import { registerHooks } from 'node:module';
import { mutate } from './mutated.ts';

registerHooks({
  load(url, context, nextLoad) {
    const loaded = nextLoad(url, context);
    const text = loaded.source === undefined || loaded.source === null ? undefined : textOf(loaded.source);
    const mutated = text === undefined ? undefined : mutate(url, text);
    return mutated === undefined ? loaded : { ...loaded, source: mutated };
  },
});

function textOf(source: string | ArrayBuffer | NodeJS.TypedArray): string {
  assert(typeof source === 'string' || Buffer.isBuffer(source));
  return source.toString();
}
