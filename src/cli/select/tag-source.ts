import { createReadStream } from 'node:fs';
import { resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { describeError, HoldfastError } from '../../errors.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import { type Repository, repositoryName } from '../../reference/repository.ts';
import type { RegistryReader } from '../../registry/registry-client.ts';
import type { Host } from '../host.ts';

/** Longest line of a list of tags, in characters: a tag has 128, so what is longer is no such list. */
const lineLengthMax = 65_536;

class TagListError extends HoldfastError<'TAG_LIST_UNREADABLE' | 'NO_TAG_CAME' | 'NAME_UNKNOWN'> {
  override readonly name = 'TagListError';
}

/**
 * A registry's pages; a page that does not arrive whole is an error, never a shorter list.
 * @throws TagListError where the registry knows no such repository: that is no empty list; RegistryError
 */
export async function* registryPages(
  registry: RegistryReader,
  repository: Repository,
  signal: AbortSignal,
): AsyncGenerator<readonly string[]> {
  let isKnown = false;
  for await (const page of registry.listTagPages(repository, { signal })) {
    isKnown = true;
    yield page.readTags();
  }
  if (isKnown) return;
  throw new TagListError('NAME_UNKNOWN', `${repository.registry} knows no repository ${repository.path}`, {
    hint: 'check the spelling of the repository',
  });
}

/**
 * A list that nobody looked at is not an empty one.
 * @throws TagListError where no scan ever saw the whole list
 */
export async function requireScan(ledger: Ledger, repository: Repository): Promise<void> {
  if (await wasScanned(ledger, repository)) return;
  const name = repositoryName(repository);
  throw new TagListError('TAG_LIST_UNREADABLE', `the ledger holds no complete scan of ${name}`, {
    hint: `run: holdfast scan ${name}`,
  });
}

/** Whether a scan ever saw the whole list. */
export async function wasScanned(ledger: Ledger, repository: Repository): Promise<boolean> {
  if ((await ledger.readGeneration(repository)) > 0) return true;
  const scans = await ledger.listScans(repository, scansMax);
  return scans.some(({ outcome }) => outcome === 'complete');
}

/** Looked back for one that was complete and found no tag at all. */
const scansMax = 100;

/**
 * One tag a line, from a file or standard input (`-`). Empty lines are passed over, and so is the mark that some
 * editors put before a text.
 * @throws TagListError where it cannot be read, or holds nothing: that is what a command that failed leaves behind
 */
export async function* filePages(host: Host, file: string): AsyncGenerator<readonly string[]> {
  const stream: Readable = file === '-' ? host.stdin : createReadStream(resolve(host.cwd, file));
  const name = file === '-' ? 'standard input' : file;
  let [rest, isBegun, isEmpty] = ['', false, true];
  try {
    stream.setEncoding('utf8');
    for await (const chunk of stream) {
      host.signal.throwIfAborted();
      const text = isBegun ? String(chunk) : String(chunk).replace(/^\ufeff/, '');
      isBegun = true;
      const lines = (rest + text).split(/\r?\n/);
      rest = lines.pop() ?? '';
      if (rest.length > lineLengthMax) throw new Error(`a line is longer than ${lineLengthMax} characters`);
      const texts = lines.filter((line) => line !== '');
      if (texts.length === 0) continue;
      isEmpty = false;
      yield texts;
    }
  } catch (cause) {
    host.signal.throwIfAborted();
    throw new TagListError('TAG_LIST_UNREADABLE', `cannot read tags from ${name}: ${describeError(cause)}`, {
      hint: 'give a file, or - for standard input, with one tag a line',
      cause,
    });
  }
  rest = rest.replace(/\r$/, '');
  if (rest !== '') yield [rest];
  else if (isEmpty) {
    throw new TagListError('NO_TAG_CAME', `no tag came in: ${name} is empty`, {
      hint: 'did the command before it fail? run it alone, or set -o pipefail',
    });
  }
}
