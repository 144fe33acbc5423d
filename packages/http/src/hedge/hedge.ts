/** Sends a second request where the first is slow to answer, and takes the first good answer of the two. */

import type { HttpOutcome } from '../outcome/outcome.ts';
import type { HttpRequest } from '../outcome/request.ts';
import type { HttpVerdict } from '../outcome/verdict.ts';
import { madeBy } from '../strategy/check-strategy.ts';
import type { Strategy, StrategyAttempt } from '../strategy/strategy.ts';
import { checkHedge, type HedgeOptions, type ResolvedHedge } from './hedge-options.ts';
import { Hedge, type HedgeOwner } from './hedge-rules.ts';
import { RecentLatencies } from './recent-latencies.ts';

/** What {@link hedge} returns: for the `hedge` option of a policy, a host or a call. */
export interface HedgeStrategy extends Strategy<unknown, unknown, RecentLatencies> {
  readonly name: 'hedge';
  /** Prepares the hedge of an attempt; undefined where it is to have none. For the suite's own drivers. */
  prepare(attempt: StrategyAttempt<RecentLatencies>, limitMs: number, owner: HedgeOwner): Hedge | undefined;
}

/**
 * Hedges the first attempt of each call: where the first request is slow to answer, a second one is sent, and the first
 * good answer of the two is taken. It is charged to the retry budget, or, where there is none, to one of its own with that
 * one's defaults.
 *
 * @param options Without any: after what 95 % of the recent answers took at most.
 *
 * @example
 * const fetch = createFetch({ hedge: hedge({ percentile: 0.95 }) });
 *
 * @throws TypeError for a wrong shape or an unknown key, RangeError for a wrong value.
 */
export function hedge(options: HedgeOptions = {}): HedgeStrategy {
  const settings = checkHedge('hedge', options);
  return madeBy('hedge', {
    name: 'hedge',
    needs: ['hedging'] as const,
    stateFor: () => new RecentLatencies(),
    ended: ({ state, request, attempt, isHedge }: Attempt, { durationMs }: HttpOutcome, { health }: HttpVerdict) => {
      if (attempt === 1 && !isHedge && health === 'success' && isHedged(request, settings)) state.add(durationMs);
    },
    prepare: ({ state, request, attempt }: Attempt, limitMs: number, owner: HedgeOwner) => {
      if (attempt > 1 || !isHedged(request, settings)) return undefined;
      const afterMs = hedgeAfterMs(settings, state);
      return afterMs < limitMs ? new Hedge(afterMs, state, owner) : undefined;
    },
  });
}

type Attempt = StrategyAttempt<RecentLatencies>;

/** Whether the method is hedged, and the body can be sent twice. */
function isHedged({ replayable, method }: HttpRequest, { methods }: ResolvedHedge): boolean {
  return replayable && methods.has(method.toUpperCase());
}

/** Whole milliseconds that a first request has, or those of the option; `Infinity` while too little is known of the host. */
export function hedgeAfterMs(
  { delayMs, percentile, minimumSamples }: ResolvedHedge,
  latencies: RecentLatencies,
): number {
  if (latencies.size < minimumSamples) return Number.POSITIVE_INFINITY;
  // Timers drop what is behind the point, and would fire before the answers that it is about.
  return delayMs ?? Math.ceil(latencies.percentile(percentile) ?? Number.POSITIVE_INFINITY);
}
