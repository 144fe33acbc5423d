/** What opens a closed circuit: the interface of a trip that an application writes itself. */

/**
 * A rule that opens a closed circuit: what `consecutive()`, `rate()` and `adaptive()` return, or an object of your own with
 * these two members. Other members of your own object are ignored.
 *
 * @example
 * const threeInAll: Trip = {
 *   name: 'three-in-all',
 *   start() {
 *     let failures = 0;
 *     return { record: ({ verdict }) => void (verdict === 'failure' && failures++), tripped: () => failures >= 3 };
 *   },
 * };
 * const breaker = new CircuitBreaker({ trip: threeInAll });
 */
export interface Trip {
  /** Names the trip in explanations and in reports of its errors. Not empty. */
  readonly name: string;
  /**
   * Returns the counter of one closed period of one circuit. Called once when the options are checked, once for each
   * breaker, and again whenever its circuit closes.
   *
   * @param earlier The counter that a trip of this name had before, when a circuit closes again or gets other options: what
   * it has learned can be carried over. Undefined for a new circuit, and after `reset()` and `release()`.
   */
  start(earlier?: TripCounter): TripCounter;
}

/**
 * Counts the calls of one closed period. An error that a method throws, or an answer of the wrong type, is reported once
 * per trip with `console.error`; that step then counts for nothing and the call goes on.
 */
export interface TripCounter {
  /** Records the outcome of one call. Ignored calls are not recorded. */
  record(outcome: TripOutcome): void;
  /**
   * Whether the circuit must open now. Called after each recorded outcome; with {@link TripCounter.admitted} also before each
   * call, because time may have passed.
   *
   * @param now Milliseconds of the breaker's clock.
   */
  tripped(now: number): boolean;
  /** One phrase for `explain()`, such as `2 of 3 failures`. Leaving it out leaves the phrase out. */
  describe?(now: number): string;
  /** How much of what opens the circuit there is, from 0; 1 opens it. For `metrics()`. @default 0 */
  utilization?(now: number): number;
  /** A call was admitted. The same object comes back in its outcome, or in {@link TripCounter.ignored}. */
  admitted?(call: TripCall): void;
  /** An admitted call ended without evidence, so that no outcome follows. */
  ignored?(call: TripCall): void;
}

/** One admitted call. Its identity lasts from {@link TripCounter.admitted} to its outcome. */
export interface TripCall {
  /** Milliseconds of the breaker's clock. */
  readonly admittedAt: number;
}

/** A call's evidence about the host. */
export interface TripOutcome {
  readonly call: TripCall;
  readonly verdict: 'success' | 'failure';
  /** When the outcome was known, in milliseconds of the breaker's clock. */
  readonly at: number;
  /** True for the failure of a body whose good headers were recorded as a success before. */
  readonly afterHeaders: boolean;
}
