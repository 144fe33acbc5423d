/** The time limits of one call through got. Where got itself is stuck, they end the call through its signal. */

import { type HttpPolicyOptions, HttpTimeoutError, isLate, type LinkedSignal, linkedSignal } from '@cutout/http';

const MAX_TIMER_MS = 2 ** 31 - 1;
/** Later than this, answers may wait in the socket that have not been read. */
const LATE_MS = 50;

export interface Expiry {
  readonly error: HttpTimeoutError;
  /** Whether the process slept, so that it says nothing about the host. */
  readonly slept: boolean;
  /** Whether what has arrived meanwhile may still be on its way through got. */
  readonly late: boolean;
}

export type Limits = Required<Pick<HttpPolicyOptions, 'attemptTimeoutMs' | 'totalTimeoutMs'>>;

/** The caller's own signal, by the one that got follows. */
const callers = new WeakMap<object, AbortSignal | undefined>();

/** The signal that the caller gave, in place of ours. */
export function callersSignal(signal: AbortSignal | undefined): AbortSignal | undefined {
  return signal && callers.has(signal) ? callers.get(signal) : signal;
}

export class CallLimits {
  readonly #onExpiry: (expiry: Expiry) => void;
  readonly #linked: LinkedSignal | undefined;
  #attempt: NodeJS.Timeout | undefined;
  #total: NodeJS.Timeout | undefined;
  #isPaused = false;
  /** What the signal has ended the call with. */
  #reason: Error | undefined;

  /** `signal`: the caller's own. */
  constructor(limits: Limits, signal: AbortSignal | undefined, onExpiry: (expiry: Expiry) => void) {
    this.#onExpiry = onExpiry;
    const { attemptTimeoutMs, totalTimeoutMs } = limits;
    if (Math.min(attemptTimeoutMs, totalTimeoutMs) > MAX_TIMER_MS || !canBeFollowed(signal)) return;
    this.#linked = linkedSignal(signal);
    callers.set(this.#linked.signal, signal);
    this.#total = this.#timer('total', totalTimeoutMs, totalTimeoutMs);
    this.window(attemptTimeoutMs);
  }

  /** What got is to follow, where there is a limit. */
  get signal(): AbortSignal | undefined {
    return this.#linked?.signal;
  }

  /** Gives got's error for that end our code, which got does not take over. */
  name(error: Error | undefined): void {
    if (error && this.#reason && error.cause === this.#reason) Object.assign(error, { code: codeOf(this.#reason) });
  }

  /** Begins the time of an attempt, or of what the client does between two of them. */
  window(limitMs: number, delayMs = 0): void {
    this.#isPaused = false;
    clearTimeout(this.#attempt);
    this.#attempt = this.#timer('attempt', limitMs, limitMs + delayMs);
  }

  /** While a call waits in a queue, which has limits of its own. */
  pause(): void {
    this.#isPaused = true;
    clearTimeout(this.#attempt);
  }

  get isPaused(): boolean {
    return this.#isPaused;
  }

  /** Ends the call, whatever got waits for. */
  abort(error: Error): void {
    this.#reason = error;
    this.#linked?.abort(error);
  }

  /** Follows the caller's signal no longer. */
  unlink(): void {
    this.#linked?.unlink();
  }

  stop(): void {
    clearTimeout(this.#attempt);
    clearTimeout(this.#total);
    this.#attempt = undefined;
    this.#total = undefined;
  }

  #timer(kind: 'attempt' | 'total', limitMs: number, ms: number): NodeJS.Timeout | undefined {
    if (!this.#linked || ms > MAX_TIMER_MS) return undefined;
    const dueAt = performance.now() + ms;
    const timer: NodeJS.Timeout = setTimeout(() => {
      const lateMs = performance.now() - dueAt;
      const expiry = { error: new HttpTimeoutError(kind, limitMs), slept: isLate(lateMs, ms), late: lateMs > LATE_MS };
      // What lies in the socket is read first: a process that slept finds answers and expired timers together.
      setImmediate(() => {
        if (this.#isCurrent(timer) && !this.#isPaused) this.#onExpiry(expiry);
      });
    }, ms);
    return timer;
  }

  #isCurrent(timer: NodeJS.Timeout): boolean {
    return timer === this.#attempt || timer === this.#total;
  }
}

/** got refuses any other signal, with an error of its own. */
function canBeFollowed(signal: AbortSignal | undefined): boolean {
  return signal === undefined || ('aborted' in signal && typeof signal.addEventListener === 'function');
}

function codeOf(error: Error): unknown {
  return (error as { code?: unknown }).code;
}
