/** The memory that is in use once everything that can go has gone. */

/**
 * For processes that weigh. V8 drops the code, and with it the source text, of what has not run for a while: megabytes of
 * Node's own loader, at a time of its choosing. Kept, they are the same before and after.
 */
export const WEIGHING = ['--expose-gc', '--no-flush-bytecode', '--max-old-space-size=8000'] as const;

/** Buffers of typed arrays lie outside the heap. The second collection frees what the first one only found. */
export function retainedBytes(): number {
  if (!globalThis.gc) throw new Error(`the process must be started with ${WEIGHING.join(' ')}`);
  globalThis.gc();
  globalThis.gc();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}
