/** The verdict on an attempt: the table's, with the wait that the server asked for, and the user's last word. */

import { atOnce } from './at-once.ts';
import type { Settings } from './options.ts';
import type { HttpOutcome } from './outcome.ts';
import type { HttpRequest } from './request.ts';
import { retryAfterMs } from './retry-after.ts';
import { checkVerdict, type HttpVerdict, verdictOf } from './verdict.ts';

/** A verdict, and the milliseconds for which the server itself asked to be left alone. */
export interface Judged {
  readonly verdict: HttpVerdict;
  readonly askedMs: number | undefined;
}

/** `attempt`: its number, from 1. @throws what the user's `classify` throws. */
export function judge(outcome: HttpOutcome, attempt: number, request: HttpRequest, settings: Settings): Judged {
  const { headers, status = 0 } = outcome;
  const { classify } = settings;
  const byTable = verdictOf(outcome, attempt, settings);
  // Of most answers nothing else is asked.
  if (byTable.health === 'success' && !byTable.retry && !classify) return { verdict: byTable, askedMs: undefined };
  const askedMs = headers ? retryAfterMs(headers, status) : undefined;
  const asked = askedMs === undefined ? byTable : { ...byTable, notBeforeMs: askedMs };
  const own = classify && checkVerdict(atOnce('classify', classify(outcome, request)));
  return { verdict: { ...asked, ...own }, askedMs };
}
