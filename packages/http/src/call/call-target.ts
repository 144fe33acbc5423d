/** Where a call goes now, with the options that apply there, and how much time it has left. */

import type { HttpRequest } from '../outcome/request.ts';
import { HttpTimeoutError } from '../outcome/time-limits.ts';
import type { KeyState } from '../policy/key-state.ts';
import type { Settings } from '../policy/options.ts';

/** How a policy finds the key of a request, and its options. */
export interface Targets {
  /** Called for each attempt: the registry may have made another breaker since, and a redirect may lead to another key. */
  entryOf(request: HttpRequest): KeyState;
  /** The options of a key, under what the call overrides. */
  settingsOf(entry: KeyState): Settings;
}

export class CallTarget {
  readonly #targets: Targets;
  /** Of the present attempt, or of its present hop. */
  request: HttpRequest;
  entry: KeyState;
  settings: Settings;
  /** The number of the present attempt, from 1; 0 before the first. */
  attempt = 0;
  /** When the time for the whole call is up: the first host's, whatever hosts the call is led to. */
  readonly #endsAt: number;
  /** Whether the present attempt is limited by what is left of the total. */
  #isTotalNearer = false;

  /** @throws what a `key` function of the user's throws. */
  constructor(targets: Targets, request: HttpRequest) {
    this.#targets = targets;
    this.request = request;
    this.entry = targets.entryOf(request);
    this.settings = targets.settingsOf(this.entry);
    const { totalTimeoutMs } = this.settings;
    this.#endsAt =
      totalTimeoutMs === Number.POSITIVE_INFINITY ? totalTimeoutMs : this.entry.clock.now() + totalTimeoutMs;
  }

  /** @throws what a `key` function of the user's throws. */
  moveTo(request: HttpRequest): void {
    this.request = request;
    const entry = this.#targets.entryOf(request);
    if (entry === this.entry) return;
    this.entry = entry;
    this.settings = this.#targets.settingsOf(entry);
  }

  /** Milliseconds left of the total. */
  get timeLeftMs(): number {
    return this.#endsAt === Number.POSITIVE_INFINITY ? this.#endsAt : this.#endsAt - this.entry.clock.now();
  }

  /** Whether it is up. Timers count in whole milliseconds. */
  get isTimeUp(): boolean {
    return this.timeLeftMs < 1;
  }

  /** Milliseconds that an attempt has which begins now. */
  limitAttempt(): number {
    const { attemptTimeoutMs } = this.settings;
    if (this.#endsAt === Number.POSITIVE_INFINITY) {
      this.#isTotalNearer = false;
      return attemptTimeoutMs;
    }
    const { timeLeftMs } = this;
    this.#isTotalNearer = timeLeftMs <= attemptTimeoutMs;
    return this.#isTotalNearer ? timeLeftMs : attemptTimeoutMs;
  }

  /** The error of the limit that the attempt has. */
  attemptError(lateMs: number): HttpTimeoutError {
    if (this.#isTotalNearer) return this.totalError(lateMs);
    return new HttpTimeoutError('attempt', this.settings.attemptTimeoutMs, lateMs);
  }

  totalError(lateMs = 0): HttpTimeoutError {
    return new HttpTimeoutError('total', this.settings.totalTimeoutMs, lateMs);
  }
}
