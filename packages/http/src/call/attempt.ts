/** One attempt as an adapter makes it, and the outcome that follows from how it ended. */

import { isTimeout } from '@cutout/core/internal';
import { detailsOf, kindOfError } from '../outcome/network-error.ts';
import type { HttpOutcome, OutcomeKind } from '../outcome/outcome.ts';
import type { HttpRequest } from '../outcome/request.ts';
import { isAborted } from '../outcome/signals.ts';
import { isLate } from '../outcome/slept.ts';
import { HttpTimeoutError } from '../outcome/time-limits.ts';
import type { AnswerHead, BodySink } from '../strategy/strategy.ts';
import type { BodyTracker } from './body-tracker.ts';
import { isExhausted } from './nesting.ts';

export interface AttemptContext {
  /** From 1. */
  readonly attempt: number;
  /** The caller's signal, or one that follows it and the policy's time limits. */
  readonly signal?: AbortSignal;
  /** To be sent beside the caller's own: an `Idempotency-Key`, the number of the retry. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Milliseconds left of `totalTimeoutMs`. */
  readonly timeLeftMs: number;
}

/** Makes one network call. Where it got no answer, it rejects with the client's error. */
export type Attempt<T> = (context: AttemptContext) => Promise<AttemptResult<T>>;

/**
 * The same in two steps, which makes one promise less: `send` returns the client's own promise, and `resultOf` reads what
 * it resolves with. It must not throw.
 */
export interface Sender<T, R = unknown> {
  send(context: AttemptContext): Promise<R>;
  resultOf(answer: R): AttemptResult<T>;
}

/** An attempt function as a sender. */
export function senderOf<T>(attempt: Attempt<T> | Sender<T>): Sender<T> {
  if (typeof attempt !== 'function') return attempt;
  return { send: attempt, resultOf: answer => withOwnOutcome(answer as AttemptResult<T>) };
}

/** Functions may return one object for several attempts. */
function withOwnOutcome<T>(result: AttemptResult<T>): AttemptResult<T> {
  return { ...result, outcome: { ...result.outcome } };
}

/** An answer. */
export interface AttemptResult<T> {
  readonly value: T;
  /** Made for this attempt. The driver adds its duration. */
  readonly outcome: Omit<HttpOutcome, 'durationMs'>;
  /** What a fallback is given where this counts as a failure. @default value */
  readonly failure?: unknown;
  /**
   * Frees the connection before a wait, and takes no longer than `withinMs` over it. Resolves to whether `value` can
   * still be handed out whole.
   */
  release?(withinMs: number): Promise<boolean>;
  /** Discards `value`, which is not read; `answer` takes its place, and may have been made from its body. */
  discard?(answer?: unknown): void;
  /** How its body can be kept; called only where a strategy keeps answers. Undefined where the body is not to be seen. */
  keeping?(): Keeping<T> | undefined;
  /** Where `outcome.bodyPending`: takes what tracks the body. */
  trackBody?(watch: BodyTracker): void;
}

/** How an answer is kept. */
export interface Keeping<T> extends Omit<AnswerHead, 'status'> {
  /** Gives the body to `sink` while the caller reads what this returns in the answer's place. */
  readonly tap: (sink: BodySink) => T;
}

/** What the caller will see of an answer: the client's own response, or the error it makes of one. */
export function shownOf({ failure, value }: AttemptResult<unknown>): unknown {
  return failure ?? value;
}

/** The outcome of an attempt that got no answer but the client's error. */
export function outcomeOfError(error: unknown, request: HttpRequest, durationMs: number): HttpOutcome {
  const kind = kindOfEnd(error, request);
  return { kind, error, ...detailsOf(kind, error, request), isExhausted: isExhausted(error), durationMs };
}

/** Of limits of ours. One that fired late says that this process slept, whatever the host did meanwhile. */
function kindOfLimit(error: HttpTimeoutError): OutcomeKind {
  if (isLate(error.lateMs, error.timeoutMs)) return 'slept';
  return error.code === 'ERR_TOTAL_TIMEOUT' ? 'deadline' : 'attempt-timeout';
}

/** Our own limits and the caller's signal are known for certain; only the rest is read from the error. */
export function kindOfEnd(error: unknown, request: HttpRequest): OutcomeKind {
  const { signal } = request;
  if (isAborted(signal)) return isTimeout(signal?.reason) ? 'caller-timeout' : 'aborted';
  if (request.bodyFailed?.()) return 'local';
  if (error instanceof HttpTimeoutError) return kindOfLimit(error);
  return kindOfError(error, request);
}
