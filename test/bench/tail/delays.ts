/** The delay of each answer: a few milliseconds, and sometimes very long. Drawn for every request. */

/** The share of slow answers. */
export const SLOW_SHARE = 0.02;
export const SLOW_MS = { least: 300, most: 500 } as const;
export const USUAL_MS = { least: 3, most: 20, meanAbove: 2 } as const;

/** A sequence of milliseconds, determined by the seed. */
export function delays(seed: number): () => number {
  const next = randomFrom(seed);
  return () => {
    const isSlow = next() < SLOW_SHARE;
    const place = next();
    return isSlow ? SLOW_MS.least + place * (SLOW_MS.most - SLOW_MS.least) : usualMs(place);
  };
}

function usualMs(place: number): number {
  return Math.min(USUAL_MS.most, USUAL_MS.least - USUAL_MS.meanAbove * Math.log(1 - place));
}

/** Numbers in [0, 1): mulberry32 (github.com/cprosche/mulberry32). */
function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
