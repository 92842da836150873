import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { findImageFields } from './find-image-fields.ts';

/** A file's text and the references to be found in it, in source order. */
export type FindingCase = {
  readonly name: string;
  /** `manifest.yaml` where the name of the file means nothing. */
  readonly file?: string;
  readonly given: string;
  readonly expected: readonly string[];
};

/** Checks that each file gives its references and no problem, and that every part stands where it says. */
export function testFindings(suite: string, cases: readonly FindingCase[]): void {
  describe(suite, () => {
    for (const { name, file, given, expected } of cases) {
      it(name, () => {
        const { fields, problems } = findImageFields(given, { fileName: file ?? 'manifest.yaml' });
        assert.deepEqual(
          fields.map((field) => field.reference),
          expected,
        );
        assert.deepEqual(problems, []);
        for (const part of fields.flatMap((field) => field.parts)) {
          assert.equal(given.slice(part.start, part.end), part.value);
        }
      });
    }
  });
}

/** The text without the line end behind the opening quote. */
export function yaml(strings: TemplateStringsArray): string {
  return strings.join('').slice(1);
}
