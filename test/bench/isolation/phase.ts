/** One phase: calls a good host, alone or while another one hangs, and times each call. */

import { setTimeout as sleep } from 'node:timers/promises';
import { bulkhead } from '@cutout/http';
import type { ScriptedServer } from '@cutout/testing';
import type { Client, Options } from './adapters.ts';

export const PHASE_MS = 1_000;
/** Callers of the good host, each with one call at a time. */
export const GOOD_CALLERS = 5;
/** More than the sockets. */
export const HANGING_CALLERS = 40;
/** Concurrent calls to the hanging host, with a bulkhead. */
export const PLACES = 5;
const ATTEMPT_MS = 500;
/** The pause between two calls of one caller to the hanging host, so refusals do not load the processor. */
const PAUSE_MS = 50;

export interface Phase {
  readonly name: string;
  readonly hangs: boolean;
  readonly options: Options;
}

/** No circuit opens and nothing is retried: only the bulkhead is measured. */
const BARE: Options = { attemptTimeoutMs: ATTEMPT_MS, retry: false, breaker: { mode: 'off' } };

export const PHASES: readonly Phase[] = [
  { name: 'alone', hangs: false, options: BARE },
  { name: 'beside a hanging host', hangs: true, options: BARE },
  {
    name: 'the same with a bulkhead',
    hangs: true,
    options: { ...BARE, bulkhead: bulkhead({ maxConcurrent: PLACES }) },
  },
];

export interface Hosts {
  readonly good: ScriptedServer;
  readonly hanging: ScriptedServer;
}

/** Milliseconds of each call to the good host; a failed call counts with its whole duration. */
export async function play(phase: Phase, make: (options: Options) => Client, hosts: Hosts): Promise<number[]> {
  const client = make(phase.options);
  const until = performance.now() + PHASE_MS;
  const waits: number[] = [];
  const callHanging = async (): Promise<void> => {
    await client.get(hosts.hanging.url()).catch(() => undefined);
    await sleep(PAUSE_MS);
  };
  const callGood = async (): Promise<void> => {
    const startedAt = performance.now();
    const atLeast = await client.get(hosts.good.url()).then(
      () => 0,
      () => ATTEMPT_MS,
    );
    waits.push(Math.max(atLeast, performance.now() - startedAt));
  };
  const hanging = phase.hangs ? callers(HANGING_CALLERS, until, callHanging) : undefined;
  // The hanging host takes all it can get before the first call to the good one.
  await sleep(PAUSE_MS);
  await Promise.all([hanging, callers(GOOD_CALLERS, until, callGood)]);
  await client.close();
  return waits;
}

async function callers(count: number, until: number, call: () => Promise<void>): Promise<void> {
  const one = async (): Promise<void> => {
    while (performance.now() < until) await call();
  };
  await Promise.all(Array.from({ length: count }, one));
}
