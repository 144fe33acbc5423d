/** Where the breaker gets its time from. */

export interface Clock {
  /** Milliseconds from an arbitrary start; must never run backwards. */
  now(): number;
}

// Core compiles without DOM and Node types; every runtime has this one.
declare const performance: Clock;

/**
 * The default clock: `performance.now()`, which ignores every step of the wall clock.
 * It is looked up at each call, so that a test's fake timers reach it.
 */
export const monotonicClock: Clock = { now: () => performance.now() };
