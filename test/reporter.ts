/**
 * The test reporter: failures in full, skips with their reason, and a closing line that machines read:
 * `N passed, N failed`, with `, N skipped` where there were any. Only tests are counted, not the suites around
 * them; a suite that is skipped whole counts as one skip, since its tests are never seen.
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
  for await (const event of source) {
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
    }
  }
  const { passed, failed, skipped } = counts;
  const file = process.env['HOLDFAST_TEST_COUNTS'];
  if (file !== undefined) appendFileSync(file, `${passed} ${failed} ${skipped}\n`);
  yield `${passed} passed, ${failed} failed${skipped === 0 ? '' : `, ${skipped} skipped`}\n`;
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
