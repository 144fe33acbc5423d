/** The memory of a breaker, new and used. */

import { type SubjectName, subjectOf } from '../subjects/all.ts';
import { retainedBytes } from './retained.ts';

export interface Weight {
  /** Bytes per breaker. */
  readonly fresh: number;
  readonly used: number;
  /** Set if requested. */
  readonly busy: number;
}

/** A used circuit may hold more than a new one. */
const CALLS_EACH = 10;
const BUSY_CALLS_EACH = 50;
/** Created and used before, so shared code and tables are not measured. */
const WARM_UP = 200;

export async function weight({
  name,
  count,
  busy,
}: {
  readonly name: SubjectName;
  readonly count: number;
  /** Whether to measure again after many calls. */
  readonly busy: boolean;
}): Promise<Weight> {
  const subject = await subjectOf(name);
  for (let i = 0; i < WARM_UP; i++) {
    const breaker = subject.create();
    await subject.call(breaker, CALLS_EACH);
    subject.dispose?.(breaker);
  }

  const kept: unknown[] = new Array(count).fill(undefined);
  const before = retainedBytes();
  for (let i = 0; i < count; i++) kept[i] = subject.create();
  const fresh = (retainedBytes() - before) / count;
  for (let i = 0; i < count; i++) await subject.call(kept[i], CALLS_EACH);
  const used = (retainedBytes() - before) / count;
  for (let i = 0; busy && i < count; i++) await subject.call(kept[i], BUSY_CALLS_EACH);
  const often = (retainedBytes() - before) / count;
  // Used here, so the breakers cannot be collected before the measurement.
  if (kept.some(breaker => breaker === undefined)) throw new Error('a breaker is missing');
  return { fresh, used, busy: often };
}
