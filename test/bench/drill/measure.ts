/** The results of a run, per phase and in total. */

import { BUDGET_DEFAULTS } from '@cutout/http';
import type { Ended, Run } from './drive.ts';
import { RETRY_AFTER_S } from './phases.ts';
import { seenBefore } from './seen.ts';
import { sentAfter } from './sent-after.ts';

const BUDGET_MS = BUDGET_DEFAULTS.ttlMs;
/** The circuit opened some time before the first refusal. */
const SLACK_MS = 200;

export interface PhaseResult {
  readonly phase: string;
  readonly failing: boolean;
  readonly calls: number;
  readonly answered: number;
  readonly requests: number;
  readonly requestsPerCall: number;
  readonly p50: number;
  readonly p99: number;
  /** Milliseconds from the beginning to the first refusal, if a circuit opened. */
  readonly toOpenMs: number | undefined;
  /** Requests sent after the first refusal that reached the server before the end of the phase. */
  readonly requestsOnceOpen: number;
  /** The part of these within the time of a Retry-After. */
  readonly requestsInPause: number;
  /** Calls sent in this phase, or shortly before it, whose share of the retry budget had not expired. */
  readonly paying: number;
  /** GETs whose path had been seen before. */
  readonly seen: Share;
  readonly unseen: Share;
}

/** How many calls were answered, of how many. */
interface Share {
  readonly calls: number;
  readonly answered: number;
}

export interface Result {
  readonly name: string;
  readonly ours: boolean;
  readonly stale: boolean;
  readonly byPhase: readonly PhaseResult[];
  /** POSTs that reached the server more often than they were called. */
  readonly duplicates: number;
  /** Streamed bodies that arrived truncated or empty, but were answered with 200. */
  readonly lost: number;
  /** POSTs and PUTs with a stale answer, or with an answer although the server never received them. */
  readonly staleWrites: number;
  /** Answers with a wrong body. */
  readonly wrongBodies: number;
  /** Milliseconds from the server's recovery to the first answer. */
  readonly toRecoverMs: number;
  readonly openSockets: number;
  readonly busySockets: number;
}

export function measure(run: Run): Result {
  const { contender, phases, openSockets, busySockets } = run;
  const seen = seenBefore(run);
  return {
    name: contender.name,
    ours: contender.ours,
    stale: contender.stale,
    byPhase: phases.map((_, index) => phaseResult(run, index, seen)),
    duplicates: duplicatesOf(run),
    lost: run.requests.filter(({ method, body }) => method === 'PUT' && !body.endsWith(':end')).length,
    staleWrites: staleWritesOf(run),
    wrongBodies: run.calls.filter(({ wrong }) => wrong).length,
    toRecoverMs: toRecover(run),
    openSockets,
    busySockets,
  };
}

function phaseResult(run: Run, index: number, seen: ReadonlySet<Ended>): PhaseResult {
  const { name, failing } = run.phases[index] as Run['phases'][number];
  const begin = run.begins[index] as number;
  const end = run.begins[index + 1] ?? Number.POSITIVE_INFINITY;
  const calls = run.calls.filter(({ phase }) => phase === index);
  const gets = calls.filter(({ call }) => call.method === 'GET');
  const requests = run.requests.filter(({ from }) => from >= begin && from < end);
  const waits = calls.map(({ waitMs }) => waitMs).sort((a, b) => a - b);
  const openedAt = firstRefusal(calls);
  const openedFrom = openedAt ?? Number.POSITIVE_INFINITY;
  const onceOpen = sentAfter(openedFrom, requests, calls);
  return {
    phase: name,
    failing,
    calls: calls.length,
    answered: calls.filter(({ answered }) => answered).length,
    requests: requests.length,
    requestsPerCall: requests.length / calls.length,
    p50: quantile(waits, 0.5),
    p99: quantile(waits, 0.99),
    toOpenMs: openedAt === undefined ? undefined : openedAt - begin,
    requestsOnceOpen: onceOpen.length,
    requestsInPause: onceOpen.filter(({ from }) => from < openedFrom + RETRY_AFTER_S * 1_000 - SLACK_MS).length,
    paying: run.calls.filter(({ startedAt, refused }) => !refused && startedAt > begin - BUDGET_MS && startedAt < end)
      .length,
    seen: shareOf(gets.filter(each => seen.has(each))),
    unseen: shareOf(gets.filter(each => !seen.has(each))),
  };
}

function shareOf(calls: readonly Ended[]): Share {
  return { calls: calls.length, answered: calls.filter(({ answered }) => answered).length };
}

/** A refusal is immediate: a call that waited before was refused at a later attempt. */
function firstRefusal(calls: readonly Ended[]): number | undefined {
  const refused = calls.filter(({ refused }) => refused).map(({ startedAt, waitMs }) => startedAt + waitMs);
  return refused.length > 0 ? Math.min(...refused) : undefined;
}

function duplicatesOf({ requests }: Run): number {
  const arrived = requests.filter(({ method }) => method === 'POST').map(({ body }) => body);
  return arrived.length - new Set(arrived).size;
}

function staleWritesOf({ calls, requests }: Run): number {
  const arrived = new Set(requests.map(({ body }) => body));
  const answered = calls.filter(({ call, answered }) => answered && call.method !== 'GET');
  return answered.filter(({ call, stale }) => stale || !arrived.has(call.body as string)).length;
}

function toRecover({ calls, begins, phases }: Run): number {
  const last = phases.length - 1;
  const answered = calls.filter(({ phase, answered, stale }) => phase === last && answered && !stale);
  return Math.min(...answered.map(({ startedAt, waitMs }) => startedAt + waitMs)) - (begins[last] as number);
}

function quantile(sorted: readonly number[], q: number): number {
  return sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * q) - 1)] ?? Number.NaN;
}
