/** What an optional capability is to a policy: a value with hooks, made by a factory such as `staleIfError()`. */

import type { Clock, Verdict } from '@cutout/core';
import type { HttpOutcome } from '../outcome/outcome.ts';
import type { HttpRequest } from '../outcome/request.ts';
import type { HttpVerdict } from '../outcome/verdict.ts';

/** What a client must be able to do for a strategy. got cannot send two requests for one attempt. */
export type Capability = 'hedging';

/**
 * An optional capability of a policy. Every hook is optional, and none is called where the capability is not configured.
 * One object may serve any number of policies: whatever it remembers belongs into the state, of which each policy has its
 * own. Hooks return at once; what one throws ends the call and counts for nothing, as that of `classify` does. What is
 * thrown after the call, by a {@link BodySink}, a {@link Lease} or `leave`, is reported with `console.error`.
 *
 * The hooks for calls, from `createState` to `mayIdentify`, are for the strategy of the option `stale`; those for attempts,
 * from `stateFor` to `ended`, for all others.
 *
 * @typeParam S The state of one policy.
 * @typeParam B What `begin` returns for one call.
 * @typeParam K The state of one key.
 */
export interface Strategy<S = unknown, B = unknown, K = unknown> {
  /** Strategies of one name share the state of a policy; the first of them makes it. */
  readonly name: string;
  /** Makes the state, once for each policy: when it is built, or at the first call that brings the strategy. */
  createState?(policy: PolicyContext): S;
  /**
   * Called where a host or a call brings another object of the same name than the one that made the state.
   *
   * @param option The path of the option, for errors: `hosts["a.example"].stale`.
   * @throws TypeError for options of its own that the state cannot follow: taken in silence, they would do nothing.
   */
  joinState?(state: S, option: string): void;
  /** Called before anything of the call is sent. What it returns is `begun` of the same call later. */
  begin?(call: Omit<StrategyCall<S>, 'begun'>): B;
  /**
   * The status of the call's last response, before `keep` or `answer`, and also where neither is called; undefined where
   * there was none. Called for calls that have opted out, too: a write of theirs has changed what is kept.
   */
  responded?(status: number | undefined, call: StrategyCall<S, B>): void;
  /**
   * Called for the answer of a call that ended well. What it returns receives the body as the caller reads it; undefined
   * where the body is not needed.
   */
  keep?(head: AnswerHead, call: StrategyCall<S, B>): BodySink | undefined;
  /**
   * An answer in place of a failure that nothing follows, or of a refusal; undefined where there is none. Never called
   * for a caller who has aborted. It changes nothing about the host's health.
   */
  answer?(failure: CallFailure, call: StrategyCall<S, B>): Answer | undefined;
  /**
   * Whether a request header may identify its sender, so that the answers of its values must not mix. Called by adapters
   * whose client can still change a request that has been described. @default every header may
   */
  mayIdentify?(header: string): boolean;
  /** A policy with it is refused, when the adapter is built, by a client that lacks one of these. @default [] */
  readonly needs?: readonly Capability[];
  /**
   * Makes the state of a key when an attempt first needs it. Keys beyond the bounds of the registry share one, under `_other`.
   *
   * @default undefined
   */
  stateFor?(key: string, policy: PolicyContext): K;
  /**
   * Whether an attempt may be sent now: undefined for yes, a {@link Held} that is released when it ends, a
   * {@link QueueTicket} to wait with, or the error that refuses it. An attempt waits within its call's limits only.
   * A call for an open circuit does not get here, and the breaker's permit comes after it.
   */
  admit?(attempt: StrategyAttempt<K>): Held | QueueTicket | Error | undefined;
  /** The same for a hedge, which never waits. @default not limited */
  tryAdmit?(attempt: StrategyAttempt<K>): Held | Error | undefined;
  /** A request has ended: by `outcome`, which counts as `verdict`. Not for one that was cancelled. */
  ended?(attempt: StrategyAttempt<K>, outcome: HttpOutcome, verdict: HttpVerdict): void;
}

/** What the state of a strategy may follow. */
export interface PolicyContext {
  /** That of the circuits. */
  readonly clock: Required<Clock>;
}

/** One call, as the hooks of a strategy see it. The same object in each hook. */
export interface StrategyCall<S = unknown, B = unknown> {
  /** As the caller made it, whatever redirects it is led to. Complete: with the names of its headers, and `via`. */
  readonly request: HttpRequest;
  readonly state: S;
  /** What `begin` returned. */
  readonly begun: B;
}

/** How a call failed. */
export interface CallFailure {
  /** The client's error, its response, or a refusal. */
  readonly failure: unknown;
  /** Of the response that counted as a failure; undefined where there was none. */
  readonly status: number | undefined;
  /** The forms of a body of which the adapter can make a response. */
  readonly forms: readonly BodyForm[];
}

/**
 * What the bytes of a body are: `encoded`, as they came over the wire, under a `Content-Encoding`; `plain`, without one, as
 * the headers describe them; `text`, what a client made of them, as UTF-8.
 */
export type BodyForm = 'encoded' | 'plain' | 'text';

/** Names in any case. A header that came twice is listed twice. */
export type HeaderPairs = readonly (readonly [name: string, value: string])[];

/** An answer, before its body. */
export interface AnswerHead {
  readonly status: number | undefined;
  readonly statusText?: string;
  /** Such that they agree with the body in this form. */
  readonly headers: HeaderPairs;
  readonly form: BodyForm;
  /**
   * Whether the end of the body is known from the answer itself: by its length, its chunks or its frames, as it came over
   * the wire. @default whether `headers` state it
   */
  readonly hasKnownEnd?: boolean;
}

/** Receives a body while the caller reads it: `add` for each chunk, then `end` or `drop`. */
export interface BodySink {
  /** The chunk belongs to the caller: a sink that keeps it takes a copy. */
  add(chunk: Uint8Array): void;
  /** The body has arrived whole. */
  end(): void;
  /** The body broke, or the caller stopped reading. */
  drop(): void;
}

/** An answer in place of a failure, of which the adapter makes its client's own. All of it is the caller's. */
export interface Answer {
  readonly status: number;
  readonly statusText: string;
  readonly headers: [name: string, value: string][];
  /** Undefined in answer to a HEAD, and of a 304. */
  readonly body: Uint8Array<ArrayBuffer> | undefined;
  readonly form: BodyForm;
  /** Milliseconds since the origin made it. For the `stale` event. */
  readonly ageMs: number;
  /** What it replaces, in a word: a status, or the code of an error. For the `stale` event. */
  readonly reason: string;
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
  /** The policy's: waits and limits of a strategy use it, so that tests can play them in virtual time. */
  readonly clock: Required<Clock>;
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
  /** Called at least once; only the first call counts. `verdict`: the end as evidence, if it is any. */
  end(verdict?: Verdict): void;
  /** Takes a function to call where the lease ends by itself, as after a time. */
  onEnd?(listener: () => void): void;
}

/** An attempt that waits. */
export interface QueueTicket {
  /** Resolves when it is the attempt's turn. Rejects with a refusal, or with what {@link leave} was given. */
  readonly turn: Promise<Held>;
  /** The attempt waits no longer, whatever becomes of `turn`: one that comes all the same is released. */
  leave(reason: unknown): void;
}
