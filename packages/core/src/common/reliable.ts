/** The caller's own sources of time and chance, so that none that fails can end a call, lose its answer or stop a circuit. */

import { checkFunction, show } from './check.ts';
import { type Clock, monotonicClock } from './clock.ts';
import { report } from './events.ts';
import { handleRejection } from './promise-like.ts';

/**
 * `clock`, but where it throws or gives no finite number of at least 0, the time of its last reading, and where it sets no
 * timer, one of the platform. It is reported once.
 */
export function reliableClock(clock: Clock): Required<Clock> {
  return clock === monotonicClock || clock instanceof ReliableClock
    ? (clock as Required<Clock>)
    : new ReliableClock(clock);
}

/** `random`, but where it throws or gives no number in [0, 1), `Math.random()`. It is reported once. */
export function reliableRandom(random: () => number): () => number {
  if (random === Math.random) return random;
  const source = new Source('random', random, isShare);
  return () => source.read() ?? Math.random();
}

/** @throws TypeError for what is no clock, RangeError for one that starts below 0: windows and budgets count from there. */
export function checkClock(clock: unknown): Required<Clock> {
  const { now, setTimer } = (clock ?? {}) as Partial<Clock>;
  if (typeof now !== 'function') throw new TypeError(`clock must have a now(), got ${show(clock)}`);
  checkFunction('clock.setTimer', setTimer);
  const reliable = reliableClock(clock as Clock);
  if (reliable !== clock && startsBelowZero(clock as Clock))
    throw new RangeError('clock.now() must return milliseconds of at least 0');
  return reliable;
}

/** One that throws here is reported when it is read. */
function startsBelowZero(clock: Clock): boolean {
  try {
    return clock.now() < 0;
  } catch {
    return false;
  }
}

class ReliableClock implements Required<Clock> {
  readonly #clock: Clock;
  readonly #source: Source;
  #last = 0;
  #hasReportedTimer = false;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#source = new Source('clock.now', () => clock.now(), isInstant);
  }

  now(): number {
    this.#last = this.#source.read() ?? this.#last;
    return this.#last;
  }

  /** A timer that fires twice, or after it was cleared, fires once or not at all. */
  setTimer(ms: number, fire: () => void, background?: boolean): () => void {
    let isDue = true;
    const once = (): void => {
      if (!isDue) return;
      isDue = false;
      fire();
    };
    const clear = this.#setOwnTimer(ms, once, background) ?? monotonicClock.setTimer(ms, once, background);
    return () => {
      isDue = false;
      this.#guard(clear);
    };
  }

  /** Undefined where the clock sets none. One that fires before it returns has been set. */
  #setOwnTimer(ms: number, fire: () => void, background: boolean | undefined): (() => void) | undefined {
    if (!this.#clock.setTimer) return undefined;
    return this.#guard(() => {
      const clear: unknown = this.#clock.setTimer?.(ms, fire, background);
      if (typeof clear === 'function') return clear as () => void;
      handleRejection(clear);
      throw new TypeError(`it must return a function, got ${show(clear)}`);
    });
  }

  #guard<T>(step: () => T): T | undefined {
    try {
      return step();
    } catch (error) {
      if (!this.#hasReportedTimer)
        report('[@cutout/core] clock.setTimer failed; the breaker goes on without it', error);
      this.#hasReportedTimer = true;
      return undefined;
    }
  }
}

function isInstant(value: number): boolean {
  return value >= 0 && value < Number.POSITIVE_INFINITY;
}

function isShare(value: number): boolean {
  return value >= 0 && value < 1;
}

/** A function of the caller's that owes a number. */
class Source {
  readonly #name: string;
  readonly #get: () => unknown;
  readonly #isValid: (value: number) => boolean;
  #reported = false;

  constructor(name: string, get: () => unknown, isValid: (value: number) => boolean) {
    this.#name = name;
    this.#get = get;
    this.#isValid = isValid;
  }

  read(): number | undefined {
    try {
      const value = this.#get();
      if (typeof value === 'number' && this.#isValid(value)) return value;
      handleRejection(value);
      this.#report(`returned ${show(value)}`, undefined);
    } catch (error) {
      this.#report('threw', error);
    }
    return undefined;
  }

  #report(what: string, detail: unknown): void {
    if (this.#reported) return;
    this.#reported = true;
    report(`[@cutout/core] ${this.#name} ${what}; the breaker goes on without it`, detail);
  }
}
