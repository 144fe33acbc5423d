/** What an outcome says: about the host's health, and about whether another try is worth it. The rules are data. */

import type { Verdict } from '@cutout/core';
import { checkNumber, checkObject, checkOneOf, show } from '@cutout/core/internal';
import { originOf } from '../policy/origin.ts';
import type { HttpOutcome, OutcomeKind } from './outcome.ts';
import type { HttpRequest } from './request.ts';
import type { StatusTest } from './status-spec.ts';

export interface HttpVerdict {
  /** What it says about the host, for its circuit. */
  readonly health: Verdict;
  /**
   * What the caller would get. A stale answer or a fallback may take the place of a bad one.
   * @default 'bad' where `health` is 'failure', else 'good'
   */
  readonly answer?: Answer;
  /** Whether another try is worth it. Method, body, deadline and circuit must still allow it. */
  readonly retry: boolean;
  /** The server asked not to be called before so many milliseconds have passed. */
  readonly notBeforeMs?: number;
}

/** Whether the caller gets what was asked for. */
export type Answer = 'good' | 'bad';

/** A verdict without anything that the server asked for. */
export interface Rule {
  readonly health: Verdict;
  readonly retry: boolean;
  readonly answer: Answer;
}

const FAILED: Rule = { health: 'failure', retry: true, answer: 'bad' };
const FAILED_FOR_GOOD: Rule = { health: 'failure', retry: false, answer: 'bad' };
/** A good answer. */
export const ANSWERED: Rule = { health: 'success', retry: false, answer: 'good' };
/** The caller's own doing, which nothing takes the place of. */
const NEUTRAL: Rule = { health: 'ignore', retry: false, answer: 'good' };
/** It says nothing about the host, and the caller has no answer. */
const UNANSWERED: Rule = { health: 'ignore', retry: false, answer: 'bad' };

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
  shortage: UNANSWERED,
  proxy: { ...UNANSWERED, retry: true },
  slept: { ...UNANSWERED, retry: true },
};

/** What the caller would get, by a verdict that may be the user's. */
export function answerOf({ answer, health }: HttpVerdict): Answer {
  return answer ?? (health === 'failure' ? 'bad' : 'good');
}

export interface VerdictSettings {
  readonly isFailureStatus: StatusTest;
  readonly isRetryStatus: StatusTest;
  readonly attemptTimeoutMs: number;
}

/**
 * The verdict by the table, before any `classify` of the user's has its last word.
 *
 * @param attempt Its number, from 1.
 * @param isForeign Whether another origin than the request's is answerable for the outcome.
 */
export function verdictOf(
  outcome: HttpOutcome,
  attempt: number,
  settings: VerdictSettings,
  isForeign = false,
): HttpVerdict {
  if (outcome.kind === 'status') {
    const rule = ruleOfStatus(outcome, settings);
    // The first origin answered well, by a redirect.
    return isForeign ? { ...rule, health: 'success' } : rule;
  }
  const rule = outcome.kind === 'deadline' ? ruleOfDeadline(outcome, attempt, settings) : ruleOfError(outcome);
  const saysNothing = outcome.sharesLoss === true || (isForeign && rule.health === 'failure');
  return saysNothing ? { ...rule, health: 'ignore' } : rule;
}

/** Whether another origin than the first is answerable for the outcome: the client has followed a redirect to it. */
export function isForeign({ answeredBy }: HttpOutcome, request: HttpRequest): boolean {
  // `url` may be worked out when it is read, which most answers do not need.
  return answeredBy !== undefined && answeredBy !== originOf(request.origin ?? request.url)?.origin;
}

/** By the user's `health`, unless the verdict names an answer too. */
export function mergeVerdicts(byTable: HttpVerdict, own: Partial<HttpVerdict> | undefined): HttpVerdict {
  if (own?.health === undefined || own.answer !== undefined) return { ...byTable, ...own };
  const { answer, ...rest } = byTable;
  return { ...rest, ...own };
}

const HEALTH = ['success', 'failure', 'ignore'] as const;
const ANSWERS = ['good', 'bad'] as const;
const WAIT = { min: 0, expected: 'a number of milliseconds of at least 0' };

/** Checks what a `classify` returned. @throws TypeError or RangeError for anything but a partial verdict. */
export function checkVerdict(own: unknown): Partial<HttpVerdict> | undefined {
  if (own === undefined) return undefined;
  const path = "classify's verdict";
  const { health, answer, retry, notBeforeMs } = checkObject(path, own, ['health', 'answer', 'retry', 'notBeforeMs']);
  if (retry !== undefined && typeof retry !== 'boolean')
    throw new TypeError(`${path}.retry must be a boolean, got ${show(retry)}`);
  return {
    ...(health === undefined ? {} : { health: checkOneOf(`${path}.health`, health, HEALTH, 'ignore') }),
    ...(answer === undefined ? {} : { answer: checkOneOf(`${path}.answer`, answer, ANSWERS, 'good') }),
    ...(retry === undefined ? {} : { retry }),
    ...(notBeforeMs === undefined ? {} : { notBeforeMs: checkNumber(`${path}.notBeforeMs`, notBeforeMs, WAIT, 0) }),
  };
}

/** The rule for a body that ended so, long after the attempt. */
export function ruleOf(kind: OutcomeKind): HttpVerdict {
  return kind === 'status' || kind === 'deadline' ? NEUTRAL : RULES[kind];
}

/** Statuses that exist. By RFC 9110 section 15, others are to be processed as a 5xx. */
const LOWEST = 100;
const HIGHEST = 599;

function ruleOfStatus(outcome: HttpOutcome, settings: VerdictSettings): Rule {
  const { status, opaque, fromCache } = outcome;
  if (fromCache) return NEUTRAL;
  // The platform hides what it was, or a test double gives none; but there was an answer.
  if (opaque || status === undefined) return ANSWERED;
  const exists = status >= LOWEST && status <= HIGHEST;
  const isFailure = !exists || settings.isFailureStatus(status);
  const retry = settings.isRetryStatus(exists ? status : 500);
  if (isFailure) return { health: 'failure', retry, answer: 'bad' };
  return retry ? { ...ANSWERED, retry } : ANSWERED;
}

/** An attempt that began late and was cut by the caller's budget had no fair chance: its end says nothing. */
function ruleOfDeadline({ durationMs }: HttpOutcome, attempt: number, { attemptTimeoutMs }: VerdictSettings): Rule {
  return attempt === 1 || durationMs >= attemptTimeoutMs ? FAILED_FOR_GOOD : NEUTRAL;
}

function ruleOfError({ kind, proxyStatus }: HttpOutcome): Rule {
  const rule = RULES[kind as keyof typeof RULES];
  // The proxy wants credentials that this process does not have.
  return proxyStatus === 407 ? { ...rule, retry: false } : rule;
}
