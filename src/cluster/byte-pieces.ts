import { ClusterError } from './errors.ts';

/** Largest single object in bytes. etcd refuses objects above 1.5 MiB; lists inside an array get this much. */
export const objectBytesMax = 32 * 1024 * 1024;

/** Bytes of one object, possibly over several chunks. */
export class BytePieces {
  #pieces: Buffer[] = [];
  #bytes = 0;

  add(piece: Buffer): void {
    this.#bytes += piece.length;
    if (this.#bytes > objectBytesMax) {
      throw new ClusterError('SNAPSHOT_TOO_LARGE', `one object is larger than ${objectBytesMax} bytes`, {
        hint: 'give the output of kubectl as it is; an array of whole lists is read as one object each',
      });
    }
    this.#pieces.push(piece);
  }

  take(): string {
    const text = this.peek();
    this.#pieces = [];
    this.#bytes = 0;
    return text;
  }

  peek(): string {
    const [first] = this.#pieces;
    const whole = this.#pieces.length === 1 && first !== undefined ? first : Buffer.concat(this.#pieces);
    return whole.toString('utf8');
  }
}
