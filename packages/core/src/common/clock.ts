/** Where time comes from, and where waits end. */

/** A source of time. Pass one for tests, or where the platform's time cannot be used. */
export interface Clock {
  /** Milliseconds from an arbitrary start: at least 0, finite, never running backwards. */
  now(): number;
  /**
   * Calls `fire` once, at least `ms` milliseconds from now, unless the returned function is called before. Left out: the
   * platform's timers are used.
   *
   * @param background True where the timer must not keep the process alive. @default false
   */
  setTimer?(ms: number, fire: () => void, background?: boolean): () => void;
}

/** The longest that a timer of the platform can wait; one that is set for longer fires at once. */
const MAX_TIMER_MS = 2 ** 31 - 1;

// Core compiles without DOM and Node types; every runtime has these.
declare const performance: { now(): number };
declare function setTimeout(callback: () => void, ms: number): unknown;
declare function clearTimeout(timer: unknown): void;

/**
 * The default clock: `performance.now()`, which ignores every step of the wall clock, and `setTimeout()`. Both are looked up at
 * each call, so that a test's fake timers reach them. A wait of more than 24 days never ends.
 */
export const monotonicClock: Required<Clock> = {
  now: () => performance.now(),
  setTimer(ms, fire, background = false) {
    if (ms > MAX_TIMER_MS) return () => undefined;
    const timer = setTimeout(fire, Math.max(0, ms));
    if (background) (timer as { unref?(): void }).unref?.();
    return () => clearTimeout(timer);
  },
};
