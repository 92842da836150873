import type { Problem } from '../findings/finding.ts';
import type { Move } from '../ledger/ledger.ts';
import type { Digest } from '../reference/digest.ts';
import type { Repository } from '../reference/repository.ts';
import type { Tag } from '../reference/tag.ts';
import type { IndexChild } from './content.ts';
import { contentKey, type SkewFacts } from './skew-facts.ts';
import type { Published } from './skew-report.ts';

/** Facts while they are being gathered. */
export class FactBook {
  readonly published: ReadonlyMap<string, Published>;
  readonly #asked = new Set<string>();
  readonly #indexes = new Map<Digest, readonly IndexChild[]>();
  readonly #configs = new Map<Digest, Digest>();
  readonly #siblings = new Map<string, Tag>();
  readonly #served = new Map<string, boolean>();
  readonly #moves = new Map<string, readonly Move[]>();
  readonly #problems: Problem[] = [];

  constructor(published: ReadonlyMap<string, Published>) {
    this.published = published;
  }

  /** Whether this is the first question about a digest in a repository. */
  isFirst(repository: Repository, digest: Digest): boolean {
    const key = contentKey(repository, digest);
    if (this.#asked.has(key)) return false;
    this.#asked.add(key);
    return true;
  }

  isKnown(digest: Digest): boolean {
    return this.#indexes.has(digest) || this.#configs.has(digest);
  }

  addIndex(digest: Digest, children: readonly IndexChild[]): void {
    if (children.length > 0) this.#indexes.set(digest, children);
  }

  addConfig(manifest: Digest, config: Digest): void {
    this.#configs.set(manifest, config);
  }

  addServed(repository: Repository, digest: Digest, isServed: boolean): void {
    this.#served.set(contentKey(repository, digest), isServed);
  }

  hasSibling(repository: Repository, digest: Digest): boolean {
    return this.#siblings.has(contentKey(repository, digest));
  }

  addSibling(repository: Repository, digest: Digest, tag: Tag): void {
    this.#siblings.set(contentKey(repository, digest), tag);
  }

  addMoves(key: string, moves: readonly Move[]): void {
    if (moves.length > 0) this.#moves.set(key, moves);
  }

  hasProblem(code: string): boolean {
    return this.#problems.some((problem) => problem.code === code);
  }

  addProblem(problem: Problem): void {
    this.#problems.push(problem);
  }

  finish(): SkewFacts {
    return {
      indexes: this.#indexes,
      configs: this.#configs,
      sameImages: [],
      siblings: this.#siblings,
      served: this.#served,
      moves: this.#moves,
      published: this.published,
      problems: this.#problems,
    };
  }
}
