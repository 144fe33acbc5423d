/** What a window holds, in stretches that can be drawn beside each other. */

/** A stretch of a window: neighbouring steps of its time, or calls in the order of their counting. */
export interface WindowBucket {
  readonly calls: number;
  readonly failed: number;
  /** 0 where slow calls are not judged. */
  readonly slow: number;
}

export const EMPTY_BUCKET: WindowBucket = { calls: 0, failed: 0, slow: 0 };

/**
 * Joins `parts` neighbours, oldest first, to at most `most` buckets. All are joined of equally many, but for the oldest,
 * which may be of fewer: so the newest, which are looked at, can be compared.
 */
export function joinBuckets(parts: number, most: number, partAt: (index: number) => WindowBucket): WindowBucket[] {
  const width = Math.ceil(parts / most);
  const buckets: WindowBucket[] = [];
  for (let end = parts; end > 0; end -= width) buckets.push(sumOf(Math.max(0, end - width), end, partAt));
  return buckets.reverse();
}

function sumOf(from: number, end: number, partAt: (index: number) => WindowBucket): WindowBucket {
  let { calls, failed, slow } = EMPTY_BUCKET;
  for (let index = from; index < end; index++) {
    const part = partAt(index);
    calls += part.calls;
    failed += part.failed;
    slow += part.slow;
  }
  return { calls, failed, slow };
}
