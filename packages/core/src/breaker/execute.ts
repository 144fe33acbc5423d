/** Runs one call under a breaker: the form for calls of any kind. */

import { checkFunction, checkObject, show } from '../common/check.ts';
import { type CircuitOpenError, isRefusal } from '../common/circuit-open-error.ts';
import { FallbackError } from '../common/fallback-error.ts';
import { findCause } from '../common/find-cause.ts';
import { isNoEvidence } from '../common/no-evidence.ts';
import { handleRejection, isThenable } from '../common/promise-like.ts';
import {
  type AbortSignalLike,
  type AbortWatch,
  abortReason,
  checkSignal,
  isAborted,
  isTimeout,
  watchAbort,
} from '../common/signal.ts';
import type { Verdict } from '../common/verdict.ts';
import { settled } from './fast-path.ts';
import type { Permit } from './permit.ts';

/** How a call ended. */
export type CallOutcome<T> = { readonly value: T } | { readonly error: unknown };

export interface ExecuteOptions<T, S extends AbortSignalLike = AbortSignalLike> {
  /** Passed to the call. A rejection while it is aborted is ignored, or a failure when its reason is a `TimeoutError`. */
  readonly signal?: S;
  /** Answers instead of a refusal or a failure; gets the error, or the value that `classify` called a failure. */
  readonly fallback?: (failure: unknown) => T | PromiseLike<T>;
  /**
   * The verdict on an outcome, returned at once: a promise is refused. Where it is left out or returns undefined, a value is a
   * success and an error a failure, but for refusals of this suite and shortages of this machine, which are ignored.
   * What it throws, the caller gets.
   */
  readonly classify?: (outcome: CallOutcome<T>) => Verdict | undefined;
}

export type GuardedCall<T, S extends AbortSignalLike> = (signal?: S) => T | PromiseLike<T>;

/** Where permits come from. */
export interface Admission {
  tryAcquire(): Permit | CircuitOpenError;
}

/** Runs a call that has been let in and has no options: every value is a success and every error a failure. */
export function guard<T>(permit: Permit, call: () => T | PromiseLike<T>): Promise<T> {
  return settled(
    call,
    value => {
      permit.success();
      return value;
    },
    error => {
      if (isNoEvidence(error)) permit.ignore();
      else permit.failure(error);
      throw error;
    },
  );
}

export async function execute<T, S extends AbortSignalLike>(
  breaker: Admission,
  call: GuardedCall<T, S>,
  options: ExecuteOptions<T, S>,
): Promise<T> {
  checkExecuteOptions(options);
  if (isAborted(options.signal)) throw abortReason(options.signal);
  const permit = breaker.tryAcquire();
  if (isRefusal(permit)) return fallBack(permit, { error: permit }, options);

  const watch = watchAbort(options.signal);
  const outcome = await settle(call, options.signal);
  watch.stop();
  const answer = judge(permit, outcome, options, watch);
  if (answer === 'bad') return fallBack('error' in outcome ? outcome.error : outcome.value, outcome, options);
  return unwrap(outcome);
}

function checkExecuteOptions(options: unknown): void {
  const { signal, fallback, classify } = checkObject('options', options, EXECUTE_KEYS);
  checkSignal('options.signal', signal);
  checkFunction('options.fallback', fallback);
  checkFunction('options.classify', classify);
}

const EXECUTE_KEYS = ['signal', 'fallback', 'classify'];

async function settle<T, S extends AbortSignalLike>(call: GuardedCall<T, S>, signal?: S): Promise<CallOutcome<T>> {
  try {
    return { value: await call(signal) };
  } catch (error) {
    return { error };
  }
}

/** Settles the permit, and returns whether the fallback is due. What throws here is no evidence about the host. */
function judge<T>(
  permit: Permit,
  outcome: CallOutcome<T>,
  options: ExecuteOptions<T>,
  watch: AbortWatch,
): 'good' | 'bad' {
  try {
    const verdict = verdictOf(outcome, options, watch);
    if (verdict === 'success') permit.success();
    else if (verdict === 'failure') permit.failure('error' in outcome ? outcome.error : outcome.value);
    return verdict === 'failure' || verdict === 'no-evidence' ? 'bad' : 'good';
  } finally {
    // After an answer this does nothing.
    permit.ignore();
  }
}

/** `no-evidence`: the call failed, and nothing reached the host. */
function verdictOf<T>(
  outcome: CallOutcome<T>,
  { signal, classify }: ExecuteOptions<T>,
  watch: AbortWatch,
): Verdict | 'no-evidence' {
  if ('error' in outcome && watch.aborted) return isTimeout(abortReason(signal)) ? 'failure' : 'ignore';
  const verdict = classify?.(outcome);
  if (verdict !== undefined) return checkVerdict(verdict);
  if (!('error' in outcome)) return 'success';
  return isNoEvidence(outcome.error) ? 'no-evidence' : 'failure';
}

function checkVerdict(verdict: unknown): Verdict {
  if (verdict === 'success' || verdict === 'failure' || verdict === 'ignore') return verdict;
  handleRejection(verdict);
  const got = isThenable(verdict) ? 'a promise: it must answer at once' : show(verdict);
  throw new TypeError(`classify must return 'success', 'failure' or 'ignore', got ${got}`);
}

async function fallBack<T>(failure: unknown, outcome: CallOutcome<T>, { fallback }: ExecuteOptions<T>): Promise<T> {
  if (!fallback) return unwrap(outcome);
  try {
    return await fallback(failure);
  } catch (error) {
    throw withCause(error, failure);
  }
}

function unwrap<T>(outcome: CallOutcome<T>): T {
  if ('error' in outcome) throw outcome.error;
  return outcome.value;
}

/**
 * Gives what a fallback threw the failure that led to it as its `cause`: on the error itself where it can take one, else
 * on a {@link FallbackError} around it. An error that leads to the failure already stays as it is.
 */
export function withCause(error: unknown, cause: unknown): unknown {
  if (leadsTo(error, cause)) return error;
  if (!(error instanceof Error) || error.cause !== undefined || !Object.isExtensible(error)) {
    return new FallbackError(error, cause);
  }
  return Object.defineProperty(error, 'cause', { value: cause, configurable: true, writable: true, enumerable: false });
}

function leadsTo(error: unknown, failure: unknown): boolean {
  return error === failure || findCause(error, (value): value is object => value === failure) !== undefined;
}
