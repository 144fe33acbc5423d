/** Runs one call under a breaker: the form for callers who have no door. */

import { type CircuitOpenError, isRefusal } from './circuit-open-error.ts';
import { FallbackError } from './fallback-error.ts';
import { findCause } from './find-cause.ts';
import { begin } from './lane.ts';
import type { Permit } from './permit.ts';
import type { Verdict } from './verdict.ts';

/** The part of an `AbortSignal` that is needed here, so that core knows no DOM. */
export interface AbortSignalLike {
  readonly aborted: boolean;
  readonly reason?: unknown;
}

/** How a call ended. */
export type CallOutcome<T> = { readonly value: T } | { readonly error: unknown };

export interface ExecuteOptions<T, S extends AbortSignalLike = AbortSignalLike> {
  /** Passed to the call. A rejection while it is aborted is ignored, or a failure when its reason is a `TimeoutError`. */
  readonly signal?: S;
  /** Answers instead of a refusal or a failure; gets the error, or the value that `classify` called a failure. */
  readonly fallback?: (failure: unknown) => T | PromiseLike<T>;
  /** Says what an outcome means. Default: a value is a success, an error a failure. What it throws, the caller gets. */
  readonly classify?: (outcome: CallOutcome<T>) => Verdict;
}

export type GuardedCall<T, S extends AbortSignalLike> = (signal?: S) => T | PromiseLike<T>;

/** Where permits come from. */
export interface Admission {
  tryAcquire(): Permit | CircuitOpenError;
}

/** Runs a call that has been let in and has no options: every value is a success and every error a failure. */
export function guard<T>(permit: Permit, call: () => T | PromiseLike<T>): Promise<T> {
  return begin(call).then(
    value => {
      permit.success();
      return value;
    },
    error => {
      permit.failure(error);
      throw error;
    },
  );
}

export async function execute<T, S extends AbortSignalLike>(
  breaker: Admission,
  call: GuardedCall<T, S>,
  options: ExecuteOptions<T, S>,
): Promise<T> {
  if (options.signal?.aborted) throw options.signal.reason;
  const permit = breaker.tryAcquire();
  if (isRefusal(permit)) return fallBack(permit, { error: permit }, options);

  const outcome = await settle(call, options.signal);
  const verdict = judge(permit, outcome, options);
  if (verdict === 'failure') return fallBack('error' in outcome ? outcome.error : outcome.value, outcome, options);
  return unwrap(outcome);
}

async function settle<T, S extends AbortSignalLike>(call: GuardedCall<T, S>, signal?: S): Promise<CallOutcome<T>> {
  try {
    return { value: await call(signal) };
  } catch (error) {
    return { error };
  }
}

/** Answers the permit. A `classify` that throws says nothing about the host: disposing gives the place back. */
function judge<T>(permit: Permit, outcome: CallOutcome<T>, options: ExecuteOptions<T>): Verdict {
  using answered = permit;
  const verdict = verdictOf(outcome, options);
  if (verdict === 'success') answered.success();
  else if (verdict === 'failure') answered.failure('error' in outcome ? outcome.error : outcome.value);
  return verdict;
}

function verdictOf<T>(outcome: CallOutcome<T>, { signal, classify }: ExecuteOptions<T>): Verdict {
  if ('error' in outcome && signal?.aborted) return isTimeout(signal.reason) ? 'failure' : 'ignore';
  const verdict = classify ? classify(outcome) : 'error' in outcome ? 'failure' : 'success';
  if (verdict === 'success' || verdict === 'failure' || verdict === 'ignore') return verdict;
  throw new TypeError(`classify must return 'success', 'failure' or 'ignore', got ${String(verdict)}`);
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

/** Whether an abort's reason is a deadline, as `AbortSignal.timeout()` makes it. */
export function isTimeout(reason: unknown): boolean {
  return (reason as { name?: unknown } | null | undefined)?.name === 'TimeoutError';
}
