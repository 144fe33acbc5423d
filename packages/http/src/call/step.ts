/** What a driver is to do next, as data. Drivers carry steps out and report what follows as events of the call machine. */

import type { Hedge } from '../hedge/hedge-rules.ts';
import type { BodyTracker } from './body-tracker.ts';

/** The first request of an attempt, or its hedge. */
export type Req = 1 | 2;

/** Another request of the same attempt, which is no longer needed and is to be cancelled. */
interface Cancels {
  readonly cancel?: Req;
}

/** Wait for a turn in a queue, then report `turn`, or `aborted` where the promise rejects. */
export interface Park {
  readonly do: 'park';
  readonly turn: Promise<Error | undefined>;
}

/** Send a request, then report `head`, `failed` or `stopped`. */
export interface Send {
  readonly do: 'send';
  readonly req: Req;
  /** Its number, from 1. */
  readonly attempt: number;
  /** When it was admitted, by the clock of its key. */
  readonly at: number;
  /** Beyond the caller's own. */
  readonly headers: Readonly<Record<string, string>> | undefined;
  /** Milliseconds until the first answer; when they are over, report `stopped` with `timeoutError()`. `Infinity` for none. */
  readonly limitMs: number;
  /** A second request may follow after `afterMs`: then report `hedgeDue`. */
  readonly hedge: Hedge | undefined;
}

/** Wait for so many milliseconds, then report `due`; free the old response meanwhile, then report `buffered`. */
export interface Sleep extends Cancels {
  readonly do: 'sleep';
  readonly ms: number;
  /** Milliseconds that the old response has to arrive whole. */
  readonly bufferMs: number;
}

/** Ask for an answer in place of the call's own, then report `answered`, `unanswered` or `answerFailed`. */
export interface Ask extends Cancels {
  readonly do: 'ask';
  readonly source: AnswerSource;
  /** The client's error, its response, or a refusal. */
  readonly failure: unknown;
  /** Of a response. */
  readonly status: number | undefined;
  /** Whether nothing was sent. */
  readonly refused: boolean;
  /** Tracks the body of a response that is replaced. */
  readonly body: BodyTracker | undefined;
}

/** Hand out the response of the last attempt. */
export interface Deliver extends Cancels {
  readonly do: 'deliver';
  /** Whether it is an answer worth keeping. */
  readonly isGood: boolean;
  readonly body: BodyTracker | undefined;
}

/** Hand out the answer that was reported. */
interface GiveAnswer {
  readonly do: 'answer';
  readonly answer: unknown;
}

/** End the call with this error. */
export interface Throw extends Cancels {
  readonly do: 'throw';
  readonly error: unknown;
  /** Whether a function of the user's threw it. A response that is there is discarded. */
  readonly byHook: boolean;
}

/** Discard what this request brought: the other one is still under way. */
interface SetAside {
  readonly do: 'set-aside';
  readonly req: Req;
}

/** The event was late, or a duplicate. */
export interface None {
  readonly do: 'none';
}

export const NONE: None = { do: 'none' };

export type Step = Park | Send | Sleep | Ask | Deliver | GiveAnswer | Throw | SetAside | None;

/** What may answer in place of a failure: kept answers, a fallback. */
export interface AnswerSource {
  /** Undefined where it has none. A promise that rejects ends the call with its reason. */
  answer(ask: Pick<Ask, 'failure' | 'status' | 'refused'>): unknown;
}

/**
 * `new`: nothing was sent. `queued`: waiting for a bulkhead permit. `sent`: a request is under way. `waiting`: another
 * attempt follows. `following`: recorded, and the client may go on by itself. `asking`: another answer is looked for.
 */
export type CallState = 'new' | 'queued' | 'sent' | 'waiting' | 'following' | 'asking' | 'over';
