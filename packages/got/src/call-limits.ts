/** The time limits of one call through got. Where got itself is stuck, they end the call through its signal. */

import type { Clock } from '@cutout/core';
import { type HttpPolicyOptions, HttpTimeoutError } from '@cutout/http';
import { type LinkedSignal, linkedSignal } from '@cutout/http/adapter';
import type { Options } from 'got';

const MAX_TIMER_MS = 2 ** 31 - 1;

export type Limits = Required<Pick<HttpPolicyOptions, 'attemptTimeoutMs' | 'totalTimeoutMs'>>;

/** On the signal that got follows: the caller's own. */
const OWN = Symbol();

interface OurSignal extends AbortSignal {
  [OWN]?: AbortSignal | undefined;
}

/** The signal that the caller gave, in place of ours. */
export function callersSignal(signal: AbortSignal | undefined): AbortSignal | undefined {
  return typeof signal === 'object' && OWN in signal ? (signal as OurSignal)[OWN] : signal;
}

export class CallLimits {
  /** The caller's own. */
  readonly #signal: AbortSignal | undefined;
  readonly #linked: LinkedSignal | undefined;
  /** Those whose signal is ours. */
  readonly #followers: Options[] = [];
  readonly #attempt: LimitTimer | undefined;
  readonly #total: LimitTimer | undefined;
  #isOver = false;
  /** What the signal has ended the call with. */
  #reason: Error | undefined;

  /** `clock`: the policy's. `signal`: the caller's own. */
  constructor(
    limits: Limits,
    clock: Required<Clock>,
    signal: AbortSignal | undefined,
    onExpiry: (error: HttpTimeoutError) => void,
  ) {
    this.#signal = signal;
    const { attemptTimeoutMs, totalTimeoutMs } = limits;
    if (Math.min(attemptTimeoutMs, totalTimeoutMs) > MAX_TIMER_MS || !canBeFollowed(signal)) return;
    this.#linked = linkedSignal(signal);
    (this.#linked.signal as OurSignal)[OWN] = signal;
    this.#attempt = new LimitTimer('attempt', clock, onExpiry);
    this.#total = new LimitTimer('total', clock, onExpiry);
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
    if (!this.#isOver) this.#attempt?.start(limitMs, limitMs + delayMs);
  }

  /** While a call waits in a queue, which has limits of its own. */
  pause(): void {
    this.#attempt?.stop();
  }

  /** Goes on after `pause`. */
  resume(limitMs: number): void {
    if (!this.#attempt?.isRunning) this.window(limitMs);
  }

  /** Ends the call, whatever got waits for. */
  abort(error: Error): void {
    this.#reason = error;
    this.#linked?.abort(error);
  }

  stop(): void {
    this.#attempt?.stop();
    this.#total?.stop();
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
  readonly #clock: Required<Clock>;
  readonly #onExpiry: (error: HttpTimeoutError) => void;
  #limitMs = 0;
  #dueAt = Number.POSITIVE_INFINITY;
  #firesAt = Number.POSITIVE_INFINITY;
  #clear: (() => void) | undefined;

  constructor(kind: 'attempt' | 'total', clock: Required<Clock>, onExpiry: (error: HttpTimeoutError) => void) {
    this.#kind = kind;
    this.#clock = clock;
    this.#onExpiry = onExpiry;
  }

  get isRunning(): boolean {
    return this.#dueAt !== Number.POSITIVE_INFINITY;
  }

  /** `ms`: until the limit of `limitMs` is over. */
  start(limitMs: number, ms: number): void {
    this.#limitMs = limitMs;
    this.#dueAt = ms > MAX_TIMER_MS ? Number.POSITIVE_INFINITY : this.#clock.now() + ms;
    // A timer that fires too early is set once more then. Few of them ever fire.
    if (this.#dueAt < this.#firesAt) this.#set(ms);
  }

  stop(): void {
    this.#clear?.();
    this.#clear = undefined;
    this.#dueAt = Number.POSITIVE_INFINITY;
    this.#firesAt = Number.POSITIVE_INFINITY;
  }

  #set(ms: number): void {
    this.#clear?.();
    this.#firesAt = this.#dueAt;
    this.#clear = this.#clock.setTimer(ms, () => this.#fire());
  }

  #fire(): void {
    this.#firesAt = Number.POSITIVE_INFINITY;
    const dueAt = this.#dueAt;
    const lateMs = this.#clock.now() - dueAt;
    if (lateMs < 0) return this.isRunning ? this.#set(-lateMs) : undefined;
    const error = new HttpTimeoutError(this.#kind, this.#limitMs, lateMs);
    // What lies in the socket is read first: a process that slept finds answers and expired timers together.
    setImmediate(() => {
      if (this.#dueAt === dueAt) this.#onExpiry(error);
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
