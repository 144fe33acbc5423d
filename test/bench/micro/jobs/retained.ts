/** The memory in use after a full collection. */

/**
 * Flags for processes that measure memory. V8 drops unused code and its source text at any time: megabytes of Node's own
 * loader. With these flags it keeps them, so they are the same before and after.
 */
export const WEIGHING = ['--expose-gc', '--no-flush-bytecode', '--max-old-space-size=8000'] as const;

/** Includes typed array buffers, which are outside the heap. The second collection frees what the first one only marked. */
export function retainedBytes(): number {
  if (!globalThis.gc) throw new Error(`the process must be started with ${WEIGHING.join(' ')}`);
  globalThis.gc();
  globalThis.gc();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}
