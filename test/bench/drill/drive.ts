/** Lets one contender live through the outage, and counts what came of it. */

import { setTimeout as sleep } from 'node:timers/promises';
import { answer, ScriptedServer, type SeenRequest } from '@cutout/testing';
import { BrokenCircuitError } from 'cockatiel';
import type { Call, Contender } from './contenders.ts';
import { type Phase, phases } from './phases.ts';

/** A steady rate, and once in each phase a burst. */
const CALLS_PER_SECOND = 20;
const BURST = 40;
const PAYLOAD = 'x'.repeat(200);

export interface Ended {
  readonly phase: number;
  readonly call: Call;
  readonly startedAt: number;
  readonly waitMs: number;
  readonly answered: boolean;
  /** An open circuit refused it. */
  readonly refused: boolean;
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
  const client = contender.make(server.url('/'));
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
    const { answered, refused } = await endOf(client.send(call));
    return { phase, call, startedAt, answered, refused, waitMs: performance.now() - epoch - startedAt };
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

/** Mostly reads; every fifth call a POST, every tenth a PUT with a stream. Both tell themselves apart by a number. */
function callOf(number: number): Call {
  const body = `${number}:${PAYLOAD}:end`;
  if (number % 10 === 7) return { method: 'PUT', body };
  return number % 5 === 4 ? { method: 'POST', body } : { method: 'GET', body: undefined };
}

async function endOf(sent: Promise<number>): Promise<{ answered: boolean; refused: boolean }> {
  try {
    const status = await sent;
    return { answered: status === 200, refused: false };
  } catch (error) {
    return { answered: false, refused: isRefusal(error) };
  }
}

/** Of ours, of opossum (EOPENBREAKER), of cockatiel (BrokenCircuitError). */
function isRefusal(error: unknown): boolean {
  const { code, cause } = (error ?? {}) as Error & { code?: string };
  const isBroken = error instanceof BrokenCircuitError;
  return (
    code === 'ERR_CIRCUIT_OPEN' || code === 'EOPENBREAKER' || isBroken || (cause !== undefined && isRefusal(cause))
  );
}
