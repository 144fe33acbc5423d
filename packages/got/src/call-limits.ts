/** The time limits of one call through got. Where got itself is stuck, they end the call through its signal. */

import { type HttpPolicyOptions, HttpTimeoutError } from '@cutout/http';
import { type LinkedSignal, linkedSignal } from '@cutout/http/adapter';
import type { Options } from 'got';

const MAX_TIMER_MS = 2 ** 31 - 1;

export type Limits = Required<Pick<HttpPolicyOptions, 'attemptTimeoutMs' | 'totalTimeoutMs'>>;

/** The caller's own signal, by the one that got follows. */
const callers = new WeakMap<object, AbortSignal | undefined>();

/** The signal that the caller gave, in place of ours. */
export function callersSignal(signal: AbortSignal | undefined): AbortSignal | undefined {
  return signal && callers.has(signal) ? callers.get(signal) : signal;
}

export class CallLimits {
  /** The caller's own. */
  readonly #signal: AbortSignal | undefined;
  readonly #linked: LinkedSignal | undefined;
  /** Those whose signal is ours. */
  readonly #followers: Options[] = [];
  readonly #attempt: LimitTimer;
  readonly #total: LimitTimer;
  #isOver = false;
  /** What the signal has ended the call with. */
  #reason: Error | undefined;

  /** `signal`: the caller's own. */
  constructor(limits: Limits, signal: AbortSignal | undefined, onExpiry: (error: HttpTimeoutError) => void) {
    this.#attempt = new LimitTimer('attempt', onExpiry);
    this.#total = new LimitTimer('total', onExpiry);
    this.#signal = signal;
    const { attemptTimeoutMs, totalTimeoutMs } = limits;
    if (Math.min(attemptTimeoutMs, totalTimeoutMs) > MAX_TIMER_MS || !canBeFollowed(signal)) return;
    this.#linked = linkedSignal(signal);
    callers.set(this.#linked.signal, signal);
    this.#total.start(totalTimeoutMs, totalTimeoutMs);
    this.#attempt.start(attemptTimeoutMs, attemptTimeoutMs);
  }

  /** What got is to follow, where there is a limit. */
  get signal(): AbortSignal | undefined {
    return this.#linked?.signal;
  }

  /** Has got follow our signal. It makes other `Options` for each hop and each attempt. */
  follow(options: Options): void {
    if (!this.#linked || options.signal !== this.#signal) return;
    options.signal = this.#linked.signal;
    this.#followers.push(options);
  }

  /** Begins the time of an attempt, or of what the client does between two of them. */
  window(limitMs: number, delayMs = 0): void {
    if (this.#linked && !this.#isOver) this.#attempt.start(limitMs, limitMs + delayMs);
  }

  /** While a call waits in a queue, which has limits of its own. */
  pause(): void {
    this.#attempt.stop();
  }

  /** Goes on after `pause`. */
  resume(limitMs: number): void {
    if (!this.#attempt.isRunning) this.window(limitMs);
  }

  /** Ends the call, whatever got waits for. */
  abort(error: Error): void {
    this.#reason = error;
    this.#linked?.abort(error);
  }

  stop(): void {
    this.#attempt.stop();
    this.#total.stop();
  }

  /** The call is over. Gives got's error for an end by the signal our code, and the options the caller's signal. */
  end(error: Error | undefined): void {
    this.#isOver = true;
    this.stop();
    if (error && this.#reason && error.cause === this.#reason) Object.assign(error, { code: codeOf(this.#reason) });
    for (const options of this.#followers) {
      if (options.signal === this.signal) options.signal = this.#signal as Options['signal'];
    }
  }

  /** Follows the caller's signal no longer. */
  unlink(): void {
    this.#linked?.unlink();
  }
}

class LimitTimer {
  readonly #kind: 'attempt' | 'total';
  readonly #onExpiry: (error: HttpTimeoutError) => void;
  #timer: NodeJS.Timeout | undefined;
  #limitMs = 0;
  #ms = 0;
  #dueAt = 0;

  constructor(kind: 'attempt' | 'total', onExpiry: (error: HttpTimeoutError) => void) {
    this.#kind = kind;
    this.#onExpiry = onExpiry;
  }

  get isRunning(): boolean {
    return this.#timer !== undefined;
  }

  /** `ms`: until the limit of `limitMs` is over. */
  start(limitMs: number, ms: number): void {
    this.#limitMs = limitMs;
    this.#dueAt = performance.now() + ms;
    // To run it again is far cheaper than another one.
    if (this.#timer && ms === this.#ms) this.#timer.refresh();
    else this.#restart(ms);
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #restart(ms: number): void {
    this.stop();
    this.#ms = ms;
    if (ms <= MAX_TIMER_MS) this.#timer = setTimeout(() => this.#fire(this.#dueAt), ms);
  }

  /** What lies in the socket is read first: a process that slept finds answers and expired timers together. */
  #fire(dueAt: number): void {
    const error = new HttpTimeoutError(this.#kind, this.#limitMs, Math.max(0, performance.now() - dueAt));
    setImmediate(() => {
      if (this.#timer && this.#dueAt === dueAt) this.#onExpiry(error);
    });
  }
}

/** got refuses any other signal, with an error of its own. */
function canBeFollowed(signal: AbortSignal | undefined): boolean {
  return signal === undefined || ('aborted' in signal && typeof signal.addEventListener === 'function');
}

function codeOf(error: Error): unknown {
  return (error as { code?: unknown }).code;
}
