/** Keeps a breaker in its registry for what outlives its calls: a body that still holds a place in a bulkhead. */

/** Beside the breakers, which are many and small; few of them are retained at a time. */
const counts = new WeakMap<object, number>();

/** Returns the function that lets the breaker go again. Call it once. */
export function retain(breaker: object): () => void {
  counts.set(breaker, countOf(breaker) + 1);
  return () => {
    const left = countOf(breaker) - 1;
    if (left > 0) counts.set(breaker, left);
    else counts.delete(breaker);
  };
}

export function isRetained(breaker: object): boolean {
  return counts.has(breaker);
}

function countOf(breaker: object): number {
  return counts.get(breaker) ?? 0;
}
