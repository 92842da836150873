/**
 * What makes our controller do as it must not: elect from whatever its ledger holds, believe every list, and
 * write without comparing. The replay plays it too, so that each of its stages is seen to catch a step back.
 */

/** A place in a file below `src/`, and what stands there instead. */
export type Mutation = { readonly file: string; readonly from: string; readonly to: string };

export const mutations: readonly Mutation[] = [
  {
    // Whatever is offered is taken.
    file: 'policy/guard.ts',
    from: "if (presence === 'not-asked') return { kind: 'ask', tag: held.tag };",
    to: "if (offered !== undefined) return { kind: 'advance', to: offered, because: 'better' };",
  },
  {
    // What is too young is not there.
    file: 'policy/guard.ts',
    from: 'const awaited = held && awaitAge(input, held);',
    to: 'const awaited: GuardOutcome | undefined = undefined;',
  },
  {
    // A ledger of other tags than the status tells of is as good as any.
    file: 'reflect/decide-policy.ts',
    from: 'const isForeign = publishedRevision !== undefined && revision !== publishedRevision;',
    to: 'const isForeign = false;',
  },
  {
    file: 'reflect/decide-scan.ts',
    from: 'published.revision !== recorded.revision',
    to: 'published.revision === undefined',
  },
  {
    // What a list lacks is gone.
    file: 'ledger/confirm-missing.ts',
    from: 'if (missing === 0) return believeAll(0, 0);',
    to: 'return believeAll(missing, 0);',
  },
  {
    // A list that breaks off is a list.
    file: 'ledger/scan.ts',
    from: 'for await (const page of lister.listTagPages(repository, signal === undefined ? {} : { signal })) {',
    to: `const untilError = async function* (pages) {
    try {
      for await (const page of pages) yield page;
    } catch {}
  };
  for await (const page of untilError(lister.listTagPages(repository, signal === undefined ? {} : { signal }))) {`,
  },
  {
    // The last one to write is right.
    file: 'controllers/write-object.ts',
    from: 'metadata: { ...patch.metadata, resourceVersion }',
    to: 'metadata: { ...patch.metadata }',
  },
  {
    // Without the comparison an answer may hold a request that no watch told yet: it would not be new, and be lost.
    file: 'controllers/write-object.ts',
    from: 'remember(term, parsed);',
    to: '',
  },
];
