/** One call's right to run, and its one answer. */

import { makeDisposable } from '../common/disposable.ts';
import type { CountToken, PeriodCounter } from '../trip/period-counter.ts';
import type { FailureHint } from './open-duration.ts';
import type { Call, State } from './states.ts';

/**
 * One admitted call. The first answer wins and later ones do nothing, except that `success('headers')` may be followed
 * by one `success()` or `revoke()`. A permit that is disposed of unanswered is ignored:
 *
 * ```ts
 * using permit = breaker.acquire();
 * ```
 *
 * where the platform has `Symbol.dispose`. `now`: the time on the breaker's clock, for callers that have just read it; left
 * out, the clock is read.
 */
export interface Permit extends Disposable {
  /** The host answered well. `'headers'`: so far; its body is still to come. */
  success(stage?: 'headers', now?: number): void;
  /** The host failed. `hint.openForMs`: the wait that the server requested, used if this opens the circuit. */
  failure(cause?: unknown, hint?: FailureHint, now?: number): void;
  /**
   * No evidence about the host; a half-open probe returns its place. `'superseded'`: a hedge was answered first. Counts as slow
   * where slow calls are judged, and never as a failure.
   */
  ignore(reason?: 'superseded', now?: number): void;
  /** After `success('headers')`, once: the body broke. */
  revoke(cause?: unknown, now?: number): void;
}

/** Records the answers of permits. */
export interface PermitOwner {
  headers(call: Call, now: number | undefined): boolean;
  success(call: Call, now: number | undefined): void;
  failure(call: Call, cause: unknown, hint: FailureHint | undefined, now: number | undefined): void;
  ignore(call: Call, isSuperseded: boolean, now: number | undefined): void;
  whole(call: Call, counted: boolean, now: number | undefined): void;
  broken(call: Call, counted: boolean, cause: unknown, now: number | undefined): void;
}

type Progress = 'running' | 'body' | 'body-stale' | 'done';

export class CallPermit implements Permit, Call {
  readonly admittedAt: number;
  readonly admittedBy: State;
  declare readonly [Symbol.dispose]: () => void;
  token: CountToken = undefined;
  tokenFrom: PeriodCounter | undefined = undefined;
  readonly #owner: PermitOwner;
  #progress: Progress = 'running';

  constructor(owner: PermitOwner, admittedBy: State, admittedAt: number) {
    this.#owner = owner;
    this.admittedBy = admittedBy;
    this.admittedAt = admittedAt;
  }

  success(stage?: 'headers', now?: number): void {
    const before = this.#progress;
    if (stage === 'headers') {
      if (before === 'running') this.#progress = this.#owner.headers(this, now) ? 'body' : 'body-stale';
      return;
    }
    this.#progress = 'done';
    if (before === 'running') this.#owner.success(this, now);
    else if (before !== 'done') this.#owner.whole(this, before === 'body', now);
  }

  failure(cause?: unknown, hint?: FailureHint, now?: number): void {
    if (this.#progress !== 'running') return;
    this.#progress = 'done';
    this.#owner.failure(this, cause, hint, now);
  }

  ignore(reason?: 'superseded', now?: number): void {
    if (this.#progress !== 'running') return;
    this.#progress = 'done';
    this.#owner.ignore(this, reason === 'superseded', now);
  }

  revoke(cause?: unknown, now?: number): void {
    const before = this.#progress;
    if (before === 'running' || before === 'done') return;
    this.#progress = 'done';
    this.#owner.broken(this, before === 'body', cause, now);
  }

  static {
    makeDisposable(CallPermit.prototype, function () {
      this.ignore();
    });
  }
}

/** For calls that are not counted: of a breaker that is off, or admitted by shadow mode only. */
export const UNCOUNTED: Permit = Object.freeze(newUncounted());

function newUncounted(): Permit {
  const nothing = (): void => undefined;
  const permit = { success: nothing, failure: nothing, ignore: nothing, revoke: nothing };
  makeDisposable(permit, nothing);
  return permit as unknown as Permit;
}
