/** An optional capability of a policy: made by a factory, passed in as a value, and absent where it is not. */

import type { Verdict } from '@cutout/core';
import type { HttpOutcome } from '../outcome.ts';
import type { HttpRequest } from '../request.ts';
import type { HttpVerdict } from '../verdict.ts';

/** What a client must be able to do for a strategy. Only got cannot send two requests for one attempt. */
export type Capability = 'hedging';

/**
 * Every hook is optional. Hooks must return at once; what one throws ends the call and counts for nothing, as that of
 * `classify` does. State belongs to one policy, is kept by key and by the strategy's name, and goes when its key goes.
 */
export interface Strategy<S = unknown> {
  /** Names its state. Two strategies of one policy must not share it. */
  readonly name: string;
  /** A policy with it is refused, when the adapter is built, by a client that lacks one of these. @default [] */
  readonly needs?: readonly Capability[];
  /**
   * Makes the state of a key when an attempt first needs it. Keys beyond the bounds of the registry share one, under `_other`.
   *
   * @default undefined
   */
  stateFor?(key: string): S;
  /**
   * Whether an attempt may be sent now: undefined for yes, a {@link Held} that is released when it ends, a
   * {@link QueueTicket} to wait with, or the error that refuses it. An attempt waits within its call's limits only.
   * A call for an open circuit does not get here, and the breaker's permit comes after it.
   */
  admit?(attempt: StrategyAttempt<S>): Held | QueueTicket | Error | undefined;
  /** The same for a hedge, which never waits. @default not limited */
  tryAdmit?(attempt: StrategyAttempt<S>): Held | Error | undefined;
  /** A request has ended: by `outcome`, which counts as `verdict`. Not for one that was cancelled. */
  ended?(attempt: StrategyAttempt<S>, outcome: HttpOutcome, verdict: HttpVerdict): void;
}

/** A request that may be sent, or has been. */
export interface StrategyAttempt<S = unknown> {
  readonly key: string;
  readonly state: S;
  readonly request: HttpRequest;
  /** Its number, from 1. */
  readonly attempt: number;
  /** Whether it is the second request of its attempt. */
  readonly isHedge: boolean;
  /** Milliseconds left of `totalTimeoutMs`. */
  readonly timeLeftMs: number;
}

/** What an admitted attempt holds. One of the two is called, once. */
export interface Held {
  /** The attempt has ended. `ignore` and 0 where it has no outcome. */
  release(verdict: Verdict, durationMs: number): void;
  /** The response has begun, and its body is still to come. @default release */
  hold?(verdict: Verdict, durationMs: number): Lease;
}

/** What a body holds until it ends. */
export interface Lease {
  /** Called at least once; only the first call counts. `verdict`: what the end says, where it says anything. */
  end(verdict?: Verdict): void;
  /** Takes a function to call where the lease ends by itself, as after a time. */
  onEnd?(listener: () => void): void;
}

/** An attempt that waits. */
export interface QueueTicket {
  /** Resolves when it is the attempt's turn. Rejects with a refusal, or with what {@link leave} was given. */
  readonly turn: Promise<Held>;
  /** The attempt waits no longer. After its turn has come this releases it. */
  leave(reason: unknown): void;
}
