/** Runs one contender through the outage, and counts the results. */

import { setTimeout as sleep } from 'node:timers/promises';
import { answer, ScriptedServer, type SeenRequest } from '@cutout/testing';
import { BrokenCircuitError } from 'cockatiel';
import { bodyOf, callOf } from './calls.ts';
import type { Call, Contender, Reply } from './contender.ts';
import { type Phase, phases } from './phases.ts';

/** A steady rate, and a burst in each phase. */
const CALLS_PER_SECOND = 20;
const BURST = 40;

export interface Ended {
  readonly phase: number;
  readonly call: Call;
  readonly startedAt: number;
  readonly waitMs: number;
  readonly answered: boolean;
  /** An open circuit refused it; a stale answer may have followed. */
  readonly refused: boolean;
  /** Answered with a kept answer. */
  readonly stale: boolean;
  /** Answered with another body than the server's for this call. */
  readonly wrong: boolean;
}

export interface Run {
  readonly contender: Contender;
  readonly phases: readonly Phase[];
  /** When each phase began, in milliseconds from the start. */
  readonly begins: readonly number[];
  readonly calls: readonly Ended[];
  readonly requests: readonly (SeenRequest & { readonly from: number })[];
  readonly openSockets: number;
  readonly busySockets: number;
}

export async function drive(contender: Contender): Promise<Run> {
  let server = await ScriptedServer.start();
  const { port } = server;
  const client = contender.make(server.origin);
  const timeline = phases();
  const begins: number[] = [];
  const ended: Promise<Ended>[] = [];
  const requests: SeenRequest[] = [];
  const epoch = performance.now();
  let count = 0;
  let listening = true;

  const one = async (phase: number): Promise<Ended> => {
    const call = callOf(count++);
    const startedAt = performance.now() - epoch;
    const end = await endOf(client.send(call), call);
    return { phase, call, startedAt, ...end, waitMs: performance.now() - epoch - startedAt };
  };

  for (const [index, phase] of timeline.entries()) {
    if (phase.server && !listening) server = await ScriptedServer.start(answer(200), port);
    if (!phase.server) {
      requests.push(...server.requests);
      await server.close();
    }
    listening = phase.server !== undefined;
    if (phase.server) server.always(phase.server);
    begins.push(performance.now() - epoch);
    for (let i = 0; i < BURST; i++) ended.push(one(index));
    const end = performance.now() + phase.ms;
    while (performance.now() < end) {
      ended.push(one(index));
      await sleep(1_000 / CALLS_PER_SECOND);
    }
  }
  const calls = await Promise.all(ended);
  await sleep(500);
  const { openSockets, busySockets } = server;
  requests.push(...server.requests);
  await client.close?.();
  await server.close();
  const timed = requests.map(each => ({ ...each, from: each.at - epoch }));
  return { contender, phases: timeline, begins, calls, requests: timed, openSockets, busySockets };
}

type End = Pick<Ended, 'answered' | 'refused' | 'stale' | 'wrong'>;

async function endOf(sent: Promise<Reply>, call: Call): Promise<End> {
  try {
    const { status, body, cacheStatus = '' } = await sent;
    const answered = status === 200;
    const stale = cacheStatus.includes('cutout; hit');
    return { answered, stale, refused: stale && isRefusal(cacheStatus), wrong: answered && body !== bodyOf(call) };
  } catch (error) {
    return { answered: false, stale: false, refused: isRefusal(error), wrong: false };
  }
}

/** Refusals: ours (in the `Cache-Status` of a stale answer too), opossum's (EOPENBREAKER), cockatiel's (BrokenCircuitError). */
function isRefusal(from: unknown): boolean {
  if (typeof from === 'string') return from.includes('ERR_CIRCUIT_OPEN');
  const { code, cause } = (from ?? {}) as Error & { code?: string };
  const isBroken = from instanceof BrokenCircuitError;
  return (
    code === 'ERR_CIRCUIT_OPEN' || code === 'EOPENBREAKER' || isBroken || (cause !== undefined && isRefusal(cause))
  );
}
