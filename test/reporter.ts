/**
 * The test reporter: failures in full, skips with their reason, and a closing line that machines read:
 * `N passed, N failed`, with `, N skipped` where there were any. Only tests are counted, not the suites around
 * them; a suite that is skipped whole counts as one skip, since its tests are never seen.
 *
 * A file that ended before it said how many tests it ran, or said another number than arrived, is a failure: tests
 * that nobody heard of must not count as passed.
 *
 * With HOLDFAST_TEST_COUNTS set to a file, the three numbers are appended to it, so that a caller that runs
 * several suites can add them up.
 */
import { appendFileSync } from 'node:fs';
import { relative } from 'node:path';
import type { TestEvent } from 'node:test/reporters';
import { inspect } from 'node:util';

type Outcome = Extract<TestEvent, { type: 'test:pass' | 'test:fail' }>['data'];

export default async function* report(source: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  const counts = { passed: 0, failed: 0, skipped: 0 };
  const heard = makeRollCall();
  for await (const event of source) {
    heard.note(event);
    if (event.type === 'test:pass' && (!isSuite(event.data) || event.data.skip !== undefined)) {
      if (event.data.skip === undefined) counts.passed += 1;
      else {
        counts.skipped += 1;
        yield `skipped: ${event.data.name}${reasonOf(event.data.skip)}\n`;
      }
    } else if (event.type === 'test:fail' && isOwnFailure(event.data)) {
      counts.failed += 1;
      yield describeFailure(event.data);
    } else if (event.type === 'test:stderr' || event.type === 'test:stdout') {
      yield event.data.message;
    } else if (event.type === 'test:diagnostic' && event.data.level !== 'info') {
      yield `${event.data.message}\n`;
    }
  }
  for (const problem of heard.problems()) {
    counts.failed += 1;
    yield `FAILED: ${problem}\n\n`;
  }
  const { passed, failed, skipped } = counts;
  const file = process.env['HOLDFAST_TEST_COUNTS'];
  if (file !== undefined) appendFileSync(file, `${passed} ${failed} ${skipped}\n`);
  yield `${passed} passed, ${failed} failed${skipped === 0 ? '' : `, ${skipped} skipped`}\n`;
}

type RollCall = { note(event: TestEvent): void; problems(): string[] };

/** Holds each file that was run against what it said of itself at its end. */
function makeRollCall(): RollCall {
  const begun = new Set<string>();
  const arrived = new Map<string, number>();
  const said = new Map<string, number>();
  return {
    note(event) {
      if (
        event.type === 'test:dequeue' &&
        event.data.file !== undefined &&
        entryFileOf(event) === undefined
      ) {
        begun.add(event.data.file);
        return;
      }
      const file = entryFileOf(event);
      if (file === undefined) return;
      if (event.type === 'test:summary') said.set(file, event.data.counts.tests);
      else if ((event.type === 'test:pass' || event.type === 'test:fail') && !isSuite(event.data)) {
        arrived.set(file, (arrived.get(file) ?? 0) + 1);
      }
    },
    problems: () =>
      [...begun].flatMap((file) => {
        const [count, expected] = [arrived.get(file) ?? 0, said.get(file)];
        if (expected === count) return [];
        const what =
          expected === undefined
            ? `ended before its tests did; ${count} were heard of`
            : `ran ${expected} tests, and ${count} were heard of`;
        return [`${relative(process.cwd(), file)} ${what}`];
      }),
  };
}

/** The file whose process sent this; undefined where it comes from the runner itself. */
function entryFileOf({ data }: TestEvent): string | undefined {
  return data !== undefined && 'entryFile' in data && typeof data.entryFile === 'string'
    ? data.entryFile
    : undefined;
}

function isSuite(outcome: Outcome): boolean {
  return outcome.details.type === 'suite';
}

/** A suite fails when a test in it does; only a suite that failed by itself (a hook, a syntax error) counts. */
function isOwnFailure(outcome: Outcome): boolean {
  const error = 'error' in outcome.details ? outcome.details.error : undefined;
  return !(error !== undefined && 'failureType' in error && error.failureType === 'subtestsFailed');
}

function describeFailure(outcome: Outcome): string {
  const error = 'error' in outcome.details ? outcome.details.error : undefined;
  const place =
    outcome.file === undefined ? '' : ` (${relative(process.cwd(), outcome.file)}:${outcome.line ?? 1})`;
  return `FAILED: ${outcome.name}${place}\n${inspect(error?.cause ?? error, { depth: 6 })}\n\n`;
}

function reasonOf(skip: string | boolean): string {
  return typeof skip === 'string' && skip !== '' ? ` (${skip})` : '';
}
