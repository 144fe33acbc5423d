/** The verdict on an attempt: the table's, with the wait that the server asked for, and the user's last word. */

import type { Settings } from '../policy/options.ts';
import type { HttpOutcome } from './outcome.ts';
import type { HttpRequest } from './request.ts';
import { retryAfterMs } from './retry-after.ts';
import { requireSync } from './sync-hook.ts';
import { ANSWERED, answerOf, checkVerdict, type HttpVerdict, isForeign, mergeVerdicts, verdictOf } from './verdict.ts';

export interface OutcomeVerdict {
  readonly verdict: HttpVerdict;
  /** How long the circuit is to stay open if this opens it: by the server, or by the user. */
  readonly openForMs: number | undefined;
  /** Whether another origin than the request's is answerable, so that the body says nothing about the host either. */
  readonly isForeign: boolean;
}

/** Most answers: good, and no more to be said of them. */
const GOOD: OutcomeVerdict = Object.freeze({ verdict: ANSWERED, openForMs: undefined, isForeign: false });

/** `attempt`: its number, from 1. @throws what the user's `classify` throws. */
export function judge(outcome: HttpOutcome, attempt: number, request: HttpRequest, settings: Settings): OutcomeVerdict {
  const { headers, status = 0 } = outcome;
  const { classify } = settings;
  const foreign = outcome.answeredBy !== undefined && isForeign(outcome, request);
  const byTable = verdictOf(outcome, attempt, settings, foreign);
  if (byTable === ANSWERED && !classify && !foreign) return GOOD;
  if (!classify && isPlainSuccess(byTable)) return { verdict: byTable, openForMs: undefined, isForeign: foreign };
  const askedMs = headers ? retryAfterMs(headers, status) : undefined;
  const asked = askedMs === undefined ? byTable : { ...byTable, notBeforeMs: askedMs };
  const own = classify && checkVerdict(requireSync('classify', classify(outcome, request)));
  // Another host's wish is no reason to leave this one alone.
  const openForMs = own?.notBeforeMs ?? (foreign ? undefined : askedMs);
  return { verdict: mergeVerdicts(asked, own), openForMs, isForeign: foreign };
}

function isPlainSuccess(verdict: HttpVerdict): boolean {
  return verdict.health === 'success' && !verdict.retry && answerOf(verdict) === 'good';
}
