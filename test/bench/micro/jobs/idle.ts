/** The processor time of idle breakers. */

import { setTimeout as sleep } from 'node:timers/promises';
import { type SubjectName, subjectOf } from '../subjects/all.ts';
import { retainedBytes } from './retained.ts';

export interface IdleInput {
  /** None: a process that holds nothing. */
  readonly name: SubjectName | null;
  readonly count: number;
  readonly ms: number;
}

/** Time for the compiler and the collector to finish. */
const SETTLE_MS = 1_500;

/** Milliseconds of processor time, user and system. */
export async function idle({ name, count, ms }: IdleInput): Promise<number> {
  const kept = await make(name, count);
  retainedBytes();
  await sleep(SETTLE_MS);
  const before = process.cpuUsage();
  await sleep(ms);
  const { user, system } = process.cpuUsage(before);
  if (kept.length !== (name ? count : 0)) throw new Error('a breaker is missing');
  return (user + system) / 1_000;
}

/** Each breaker is called once. */
async function make(name: SubjectName | null, count: number): Promise<unknown[]> {
  const kept: unknown[] = [];
  if (name === null) return kept;
  const subject = await subjectOf(name);
  for (let i = 0; i < count; i++) {
    const breaker = subject.create();
    await subject.call(breaker, 1);
    kept.push(breaker);
  }
  return kept;
}
