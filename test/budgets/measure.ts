/** Measures everything that {@link CEILINGS} lists. */

import type { StubbedName } from '../bench/stubbed/all.ts';
import { CEILINGS, type Ceiling, type CountId } from './ceilings.ts';
import { bundleSizes, sourceFacts } from './code.ts';
import { allocatedBy, callsOf, type Effort, heldByFetch } from './running.ts';

export interface Count extends Ceiling {
  readonly id: CountId;
  readonly value: number;
}

/** The clients by the first part of their ids. */
export const CLIENTS = {
  fetch: 'fetch without body',
  fetchJson: 'fetch with json()',
  axios: 'axios',
  got: 'got',
  undici: 'undici.request',
} as const satisfies Record<string, StubbedName>;

export type ClientId = keyof typeof CLIENTS;
type Counts = Readonly<Record<string, number>>;

/** The machine has two cores; counts do not depend on what else runs. */
const AT_A_TIME = 2;

export async function measure(effort: Effort): Promise<Count[]> {
  const clients = Object.keys(CLIENTS) as ClientId[];
  const jobs: (() => Promise<Counts>)[] = [
    ...clients.map(id => () => countsOf(id, id, false)),
    () => countsOf('fetchLimited', 'fetch', true),
    ...clients.map(id => () => bytesOf(id, effort)),
    heldCounts,
    bundleSizes,
    async () => sourceFacts().counts,
  ];
  const values: Counts = Object.assign({}, ...(await allOf(jobs)));
  return (Object.keys(CEILINGS) as CountId[]).map(id => {
    const value = values[id];
    if (value === undefined) throw new RangeError(`"${id}" is not measured`);
    return { id, ...CEILINGS[id], value: Math.round(value * 100) / 100 };
  });
}

async function countsOf(id: string, client: ClientId, limited: boolean): Promise<Counts> {
  const { functions, clockReads, promises } = await callsOf(CLIENTS[client], limited);
  return {
    [`${id}.calls`]: functions.reduce((sum, { calls }) => sum + calls, 0),
    [`${id}.files`]: new Set(functions.map(({ file }) => file)).size,
    [`${id}.clock`]: clockReads,
    [`${id}.promises`]: promises,
  };
}

async function bytesOf(id: ClientId, effort: Effort): Promise<Counts> {
  // The lower of two: a process that others hold up optimizes its code later, and allocates more until then.
  const first = await allocatedBy(CLIENTS[id], effort);
  const second = await allocatedBy(CLIENTS[id], effort);
  return { [`${id}.bytes`]: Math.min(first.ownBytes, second.ownBytes) };
}

async function heldCounts(): Promise<Counts> {
  const { perCall, perOrigin } = await heldByFetch();
  return { 'held.call': perCall, 'held.origin': perOrigin };
}

async function allOf(jobs: readonly (() => Promise<Counts>)[]): Promise<Counts[]> {
  const waiting = [...jobs];
  const results: Counts[] = [];
  const work = async (): Promise<void> => {
    for (let job = waiting.shift(); job; job = waiting.shift()) results.push(await job());
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, work));
  return results;
}
