/** What an outcome says: about the host's health, and about whether another try is worth it. The rules are data. */

import type { Verdict } from '@cutout/core';
import { checkNumber, checkObject, checkOneOf, show } from '@cutout/core/internal';
import type { HttpOutcome, OutcomeKind } from './outcome.ts';
import type { StatusTest } from './status-spec.ts';

export interface HttpVerdict {
  readonly health: Verdict;
  /** Whether another try is worth it. Method, body, deadline and circuit must still allow it. */
  readonly retry: boolean;
  /** The server asked not to be called before so many milliseconds have passed. */
  readonly notBeforeMs?: number;
}

interface Rule {
  readonly health: Verdict;
  readonly retry: boolean;
}

const FAILED: Rule = { health: 'failure', retry: true };
const FAILED_FOR_GOOD: Rule = { health: 'failure', retry: false };
const ANSWERED: Rule = { health: 'success', retry: false };
const NEUTRAL: Rule = { health: 'ignore', retry: false };

/** All but `status`, which the two status sets decide, and `deadline`, which depends on how long the attempt had. */
const RULES: Readonly<Record<Exclude<OutcomeKind, 'status' | 'deadline'>, Rule>> = {
  refused: FAILED,
  dns: FAILED,
  'connect-timeout': FAILED,
  reset: FAILED,
  network: FAILED,
  tls: FAILED,
  body: FAILED,
  'attempt-timeout': FAILED,
  'client-timeout': FAILED,
  certificate: FAILED_FOR_GOOD,
  'caller-timeout': FAILED_FOR_GOOD,
  aborted: NEUTRAL,
  invalid: NEUTRAL,
  local: NEUTRAL,
};

export interface VerdictSettings {
  readonly isFailureStatus: StatusTest;
  readonly isRetryStatus: StatusTest;
  readonly attemptTimeoutMs: number;
}

/** The verdict by the table, before any `classify` of the user's has its last word. */
export function verdictOf(outcome: HttpOutcome, attempt: number, settings: VerdictSettings): HttpVerdict {
  if (outcome.kind === 'status') return verdictOfStatus(outcome.status ?? 0, settings);
  if (outcome.kind === 'deadline') {
    // An attempt that began late and was cut by the caller's budget had no fair chance: its end says nothing.
    const hadItsTime = attempt === 1 || outcome.durationMs >= settings.attemptTimeoutMs;
    return hadItsTime ? FAILED_FOR_GOOD : NEUTRAL;
  }
  return RULES[outcome.kind];
}

const HEALTH = ['success', 'failure', 'ignore'] as const;
const WAIT = { min: 0, expected: 'a number of milliseconds of at least 0' };

/** Checks what a `classify` returned. @throws TypeError or RangeError for anything but a partial verdict. */
export function checkVerdict(own: unknown): Partial<HttpVerdict> | undefined {
  if (own === undefined) return undefined;
  const path = "classify's verdict";
  const { health, retry, notBeforeMs } = checkObject(path, own, ['health', 'retry', 'notBeforeMs']);
  if (retry !== undefined && typeof retry !== 'boolean')
    throw new TypeError(`${path}.retry must be a boolean, got ${show(retry)}`);
  return {
    ...(health === undefined ? {} : { health: checkOneOf(`${path}.health`, health, HEALTH, 'ignore') }),
    ...(retry === undefined ? {} : { retry }),
    ...(notBeforeMs === undefined ? {} : { notBeforeMs: checkNumber(`${path}.notBeforeMs`, notBeforeMs, WAIT, 0) }),
  };
}

/** The rule for a body that ended so, long after the attempt. */
export function ruleOf(kind: OutcomeKind): HttpVerdict {
  return kind === 'status' || kind === 'deadline' ? NEUTRAL : RULES[kind];
}

function verdictOfStatus(status: number, settings: VerdictSettings): HttpVerdict {
  // An opaque response: the platform hides what it was, but there was an answer.
  if (status === 0) return ANSWERED;
  return {
    health: settings.isFailureStatus(status) ? 'failure' : 'success',
    retry: settings.isRetryStatus(status),
  };
}
