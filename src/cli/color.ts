import type { Writable } from 'node:stream';
import { styleText } from 'node:util';
import type { Host } from './host.ts';
import { isTerminal } from './progress.ts';

type Style = Parameters<typeof styleText>[0];

/** Paints text for one stream: NO_COLOR wins, then FORCE_COLOR, then whether it is a terminal. */
export type Paint = (style: Style, text: string) => string;

export function paintFor(host: Host, stream: Writable = host.stdout): Paint {
  return wantsColor(host, stream)
    ? (style, text) => styleText(style, text, { validateStream: false })
    : (_style, text) => text;
}

/** Source: no-color.org and force-color.org: set and not empty. */
function wantsColor(host: Host, stream: Writable): boolean {
  if ((host.env['NO_COLOR'] ?? '') !== '') return false;
  const forced = host.env['FORCE_COLOR'] ?? '';
  if (forced !== '') return forced !== '0' && forced !== 'false';
  return isTerminal(stream) && host.env['TERM'] !== 'dumb';
}
