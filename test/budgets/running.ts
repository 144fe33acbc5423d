/** What healthy calls over stubbed clients come to, each measured in a process of its own. */

import { join } from 'node:path';
import { inChild } from '../bench/micro/child.ts';
import { ALLOCATING, type Allocated } from '../bench/micro/jobs/allocated.ts';
import { WEIGHING } from '../bench/micro/jobs/retained.ts';
import { runProcess } from '../bench/process.ts';
import type { StubbedName } from '../bench/stubbed/all.ts';
import type { Calls, CallsInput } from './jobs/calls.ts';
import type { Held, HeldInput } from './jobs/held.ts';

/** How thoroughly the bytes are measured. Counts are exact at once. */
export interface Effort {
  readonly rounds: number;
  readonly calls: number;
  readonly warmUp: number;
}

export const FULL: Effort = { rounds: 15, calls: 1_000, warmUp: 5_000 };
export const QUICK: Effort = { rounds: 3, calls: 300, warmUp: 1_000 };

const job = (name: string): string => join(import.meta.dirname, 'jobs', `${name}.ts`);

export function callsOf(client: StubbedName, limited = false): Promise<Calls> {
  const input: CallsInput = { client, limited };
  return runProcess<Calls>(job('calls'), input);
}

export function allocatedBy(client: StubbedName, effort: Effort): Promise<Allocated> {
  return inChild('allocated', { client, limited: false, ...effort }, ALLOCATING);
}

export function heldByFetch(): Promise<Held> {
  const input: HeldInput = { calls: 2_000, origins: 2_000 };
  return runProcess<Held>(job('held'), input, WEIGHING);
}
