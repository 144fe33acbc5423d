/** One circuit as a row: what its counters, its explanation and what is remembered of it say. */

import type { CircuitBreaker, Explanation, TripReading } from '@cutout/core';
import type { KeyMetrics } from '@cutout/http';
import { percentile } from './percentile.ts';
import type { HostRow } from './snapshot.ts';
import type { Track } from './track.ts';

export interface Circuit {
  readonly id: string;
  readonly policy: string | undefined;
  readonly breaker: CircuitBreaker;
  readonly metrics: KeyMetrics;
  readonly track: Track;
}

/** As of `at`, milliseconds since 1970. */
export function rowOf({ id, policy, breaker, metrics, track }: Circuit, at: number): HostRow {
  const explanation = breaker.explain();
  const { calls, refused, retriesPerCall } = track.rates(metrics, at);
  const { key, state, inFlight, budgetLeft, bulkhead, lastFailure } = metrics;
  const answered = track.latencySince(metrics);
  return {
    id,
    key,
    ...(policy === undefined ? {} : { policy }),
    state,
    shadow: (state === 'open' || state === 'isolated') && !breaker.refusing,
    ...timesOf(metrics, explanation, track, at),
    ...(explanation.reason ? { reason: explanation.reason } : {}),
    nearness: state === 'closed' ? nearnessOf(explanation.trips) : null,
    calls: short(calls),
    refused: short(refused),
    success: track.success(metrics) ?? null,
    spark: track.spark,
    p50: maybeShort(percentile(answered, 0.5)),
    p95: maybeShort(percentile(answered, 0.95)),
    retries: short(retriesPerCall),
    budget: budgetLeft === undefined ? null : Math.floor(budgetLeft),
    inFlight,
    limit: bulkhead?.limit ?? null,
    queued: bulkhead?.queued ?? 0,
    ...(lastFailure ? { lastFailure } : {}),
  };
}

function timesOf(
  { state, stateMs }: KeyMetrics,
  { remainingMs }: Explanation,
  track: Track,
  at: number,
): Pick<HostRow, 'since' | 'downSince' | 'probeAt'> {
  const since = track.since(stateMs === undefined ? undefined : at - stateMs);
  const probeAt = track.probeAt(state === 'open' ? at + remainingMs : undefined);
  const downSince = track.downSince(state === 'closed', since);
  return { since: since ?? null, downSince: downSince ?? null, probeAt: probeAt ?? null };
}

/** The nearest of the trips decides. Null where none of them can be put as a share of its limit. */
function nearnessOf(trips: readonly TripReading[]): number | null {
  const shares = trips.map(shareOf).filter(share => share !== undefined);
  return shares.length > 0 ? short(Math.max(...shares)) : null;
}

function shareOf(trip: TripReading): number | undefined {
  switch (trip.type) {
    case 'consecutive':
      return trip.failures / trip.limit;
    case 'rate': {
      const { calls, failed, slow, minimumCalls, failureRatio, slowRatio = Number.POSITIVE_INFINITY } = trip;
      return calls < minimumCalls ? 0 : Math.max(failed / calls / failureRatio, slow / calls / slowRatio);
    }
    default:
      return undefined;
  }
}

/** Three digits are enough to look at, and keep a row the same from one second to the next. */
function short(value: number): number {
  return Number(value.toPrecision(3));
}

function maybeShort(value: number | undefined): number | null {
  return value === undefined ? null : short(value);
}
