import type { Piece } from './string-content.ts';
import { valueShape } from './value-shape.ts';

/** A longer script is data. */
const scriptLengthMax = 200_000;
/** A command has no more words before its image. */
const wordsMax = 60;

const commands =
  /\b(?:(?:docker|podman|nerdctl)\s+(?:container\s+|image\s+)?(?:run|pull|create)|(?:crane|gcrane)\s+(?:copy|cp|pull|export)|skopeo\s+copy|crictl\s+pull)\s/g;
/** Flags that stand alone; of any other the next word is the value. */
const switches =
  /^(?:--(?:rm|privileged|interactive|tty|detach|init|quiet|read-only|publish-all|all-tags|no-healthcheck)|-[itdPqa]+)$/;

/** In a script, the images that `docker run`, `crane copy` and their like are given, other than those it builds itself. */
export function commandPieces(text: string): Piece[] {
  if (text.length > scriptLengthMax || !/docker|podman|nerdctl|crane|skopeo|crictl/.test(text)) return [];
  const pieces: Piece[] = [];
  for (const command of text.matchAll(commands)) {
    const piece = firstOperand(text, command.index + command[0].length);
    if (piece === undefined) continue;
    const reference = text.slice(piece.from, piece.to);
    const shape = valueShape(reference);
    const isWhole = shape === 'tagged' || shape === 'full' || shape === 'pinned';
    if (isWhole && !isBuilt(text, reference)) pieces.push(piece);
  }
  return pieces;
}

/** The first word that is neither a flag nor a flag's value; none where the command ends before. */
function firstOperand(text: string, from: number): Piece | undefined {
  const word = /[^\S\n]*(?:\\\r?\n\s*)?(["']?)([^\s"';&|<>()`]+)\1/y;
  word.lastIndex = from;
  let isValue = false;
  for (let count = 0; count < wordsMax; count += 1) {
    const found = word.exec(text);
    const value = found?.[2];
    if (found === null || value === undefined) return undefined;
    if (isValue) isValue = false;
    else if (value.startsWith('-')) isValue = !value.includes('=') && !switches.test(value);
    else {
      const start = found.index + found[0].lastIndexOf(value);
      const scheme = value.startsWith('docker://') ? 'docker://'.length : 0;
      return { from: start + scheme, to: start + value.length };
    }
  }
  return undefined;
}

/** What the script tags is its own product: nobody can pull it. */
function isBuilt(text: string, reference: string): boolean {
  return ['-t ', '--tag ', '-t=', '--tag='].some((flag) => text.includes(flag + reference));
}
