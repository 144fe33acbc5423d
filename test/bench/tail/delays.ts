/** How long the server takes for its next answer: a few milliseconds, and now and then very long. Drawn anew for every request. */

/** The share of answers that are slow, whatever is asked. */
export const SLOW_SHARE = 0.02;
export const SLOW_MS = { least: 300, most: 500 } as const;
export const USUAL_MS = { least: 3, most: 20, meanAbove: 2 } as const;

/** Milliseconds, the same ones in the same order for the same seed. */
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

/** Numbers from 0 to 1, without it: mulberry32 (github.com/cprosche/mulberry32). */
function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
