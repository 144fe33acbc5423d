/** The verdict on an attempt: the table's, the wait that the server requested, then the user's `classify`. */

import type { ResolvedOptions } from '../policy/options.ts';
import type { HttpOutcome } from './outcome.ts';
import type { HttpRequest } from './request.ts';
import { retryAfterMs } from './retry-after.ts';
import { requireSync } from './sync-hook.ts';
import { ANSWERED, answerOf, checkVerdict, type HttpVerdict, isForeign, mergeVerdicts, verdictOf } from './verdict.ts';

export interface OutcomeVerdict {
  readonly verdict: HttpVerdict;
  /** How long the circuit is to stay open if this opens it: by the server, or by the user. */
  readonly openForMs: number | undefined;
  /** Whether another origin than the request's is responsible, so that the body is no evidence about the host either. */
  readonly isForeign: boolean;
}

/** The verdict on most answers. */
const GOOD: OutcomeVerdict = Object.freeze({ verdict: ANSWERED, openForMs: undefined, isForeign: false });

/** `attempt`: its number, from 1. @throws what the user's `classify` throws. */
export function judge(
  outcome: HttpOutcome,
  attempt: number,
  request: HttpRequest,
  settings: ResolvedOptions,
): OutcomeVerdict {
  const { headers, status = 0 } = outcome;
  const { classify } = settings;
  const foreign = outcome.answeredBy !== undefined && isForeign(outcome, request);
  const byTable = verdictOf(outcome, attempt, settings, foreign);
  if (byTable === ANSWERED && !classify && !foreign) return GOOD;
  if (!classify && isPlainSuccess(byTable)) return { verdict: byTable, openForMs: undefined, isForeign: foreign };
  const requestedMs = headers ? retryAfterMs(headers, status) : undefined;
  const requested = requestedMs === undefined ? byTable : { ...byTable, notBeforeMs: requestedMs };
  const own = classify && checkVerdict(requireSync('classify', classify(outcome, request)));
  // Another host's request is no reason to stop calls to this one.
  const openForMs = own?.notBeforeMs ?? (foreign ? undefined : requestedMs);
  return { verdict: mergeVerdicts(requested, own), openForMs, isForeign: foreign };
}

function isPlainSuccess(verdict: HttpVerdict): boolean {
  return verdict.health === 'success' && !verdict.retry && answerOf(verdict) === 'good';
}
