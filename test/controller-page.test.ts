import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { policyAnnotations, requestedAtAnnotation } from '../src/api/annotations.ts';
import { conditionTypes } from '../src/api/conditions.ts';
import { reasons } from '../src/api/reasons.ts';
import { controllerFlags, type Flag } from '../src/cli/controller/controller-flags.ts';

const page = readFileSync(fileURLToPath(new URL('../docs/commands/controller.md', import.meta.url)), 'utf8');

describe('the page of holdfast controller', () => {
  it('lists every flag as --help does, those without effect apart', () => {
    const rows = page.split('\n').filter((line) => /^\| `--[a-z-]+ [<[]/.test(line));
    const flags: readonly (readonly [string, Flag])[] = Object.entries(controllerFlags);
    assert.deepEqual(rows, [
      ...flags.filter(([, { isHonoured }]) => isHonoured).map(([name, flag]) => honouredRow(name, flag)),
      ...flags.filter(([, { isHonoured }]) => !isHonoured).map(([name, flag]) => ignoredRow(name, flag)),
    ]);
  });

  const ours = [
    ...Object.values(conditionTypes).filter((type) => type.startsWith('holdfast.dev/')),
    ...Object.values(policyAnnotations),
    requestedAtAnnotation,
    // Flux's own are known from Flux.
    ...Object.values(reasons).slice(Object.values(reasons).indexOf(reasons.upToDate)),
  ];
  for (const name of ours) {
    it(`tells of ${name}`, () => assert.ok(page.includes(`\`${name}\``)));
  }
});

function honouredRow(name: string, { value, default: fallback, about }: Flag): string {
  return `| \`--${name} ${cell(value)}\` | ${fallback === '' ? '' : `\`${fallback}\``} | ${cell(about)} |`;
}

function ignoredRow(name: string, { value, about }: Flag): string {
  return `| \`--${name} ${cell(value)}\` | ${cell(about)} |`;
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}
