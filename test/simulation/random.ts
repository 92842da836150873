/** Numbers that look random and are the same for one seed everywhere. Source: mulberry32. */
export type Random = {
  /** A whole number from 0 up to, not including, `below`. */
  below(below: number): number;
  /** True once in so many times. */
  onceIn(times: number): boolean;
};

export function seededRandom(seed: number): Random {
  let state = seed | 0;
  const below = (limit: number): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296) * limit);
  };
  return { below, onceIn: (times) => below(times) === 0 };
}
