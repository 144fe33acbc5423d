/** Where the processor time of a client goes, bare and behind its adapter, by turns in one process. */

import type { Profiler } from 'node:inspector';
import { Session } from 'node:inspector/promises';
import { fileURLToPath } from 'node:url';
import { sourceAt } from '../../source-at.ts';
import { CLIENTS, type ClientName } from '../clients/all.ts';
import type { Send } from '../clients/client.ts';
import { type Load, slice } from './slices.ts';
import { threadMs } from './thread-time.ts';

export interface ProfileInput extends Load {
  readonly name: ClientName;
  readonly url: string;
  /** Slices of each of the two. */
  readonly turns: number;
}

/** Self time by function. */
export interface Spent {
  readonly name: string;
  readonly file: string;
  /** Microseconds for a request. */
  readonly bareUs: number;
  readonly guardedUs: number;
}

const INTERVAL_US = 200;
/** Slices of both before anything is kept. */
const WARM_UP = 4;

/** Of one side. Samples are spread over the time that the thread has really run. */
class Account {
  readonly #selfUs = new Map<string, number>();
  #sampledUs = 0;
  #cpuUs = 0;
  #requests = 0;

  add({ nodes, samples = [], timeDeltas = [] }: Profiler.Profile, cpuUs: number, requests: number): void {
    const frames = new Map(nodes.map(({ id, callFrame }) => [id, callFrame]));
    for (const [i, id] of samples.entries()) {
      const { functionName, url, lineNumber, columnNumber } = frames.get(id) as Profiler.ProfileNode['callFrame'];
      // The profiler's own start and end are no part of a request.
      if (functionName === '(idle)' || url === 'node:inspector') continue;
      const key = JSON.stringify([functionName, url, lineNumber, columnNumber]);
      const us = timeDeltas[i] ?? 0;
      this.#selfUs.set(key, (this.#selfUs.get(key) ?? 0) + us);
      this.#sampledUs += us;
    }
    this.#cpuUs += cpuUs;
    this.#requests += requests;
  }

  keys(): Iterable<string> {
    return this.#selfUs.keys();
  }

  perRequest(key: string): number {
    return ((this.#selfUs.get(key) ?? 0) / this.#sampledUs) * (this.#cpuUs / this.#requests);
  }
}

export async function profile({ name, url, turns, ...load }: ProfileInput): Promise<Spent[]> {
  const client = (await CLIENTS[name]())(url);
  const session = new Session();
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.setSamplingInterval', { interval: INTERVAL_US });
  const sampled = async (send: Send, account: Account | undefined): Promise<void> => {
    await session.post('Profiler.start');
    const from = threadMs();
    const { requests } = await slice(send, load);
    const cpuUs = (threadMs() - from) * 1_000;
    const { profile: taken } = await session.post('Profiler.stop');
    account?.add(taken, cpuUs, requests);
  };
  const bare = new Account();
  const guarded = new Account();
  for (let turn = -WARM_UP; turn < turns; turn++) {
    const sides = [
      [client.bare, bare],
      [client.guarded, guarded],
    ] as const;
    // Neither always follows the garbage of the other.
    for (const [send, account] of turn % 2 === 0 ? sides : sides.toReversed())
      await sampled(send, turn < 0 ? undefined : account);
  }
  return [...new Set([...bare.keys(), ...guarded.keys()])].map(key => ({
    ...frameOf(key),
    bareUs: bare.perRequest(key),
    guardedUs: guarded.perRequest(key),
  }));
}

function frameOf(key: string): { readonly name: string; readonly file: string } {
  const [name, url, line, column] = JSON.parse(key) as [string, string, number, number];
  const file = url.startsWith('file:') ? sourceAt(fileURLToPath(url), line, column) : url;
  return { name: name || `anonymous at ${line + 1}:${column + 1}`, file };
}
