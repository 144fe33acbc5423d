/** One row of the conformance table: what the wire does, what the caller does, and what must come of it. */

import type { HttpCallOptions, HttpPolicyOptions } from '@cutout/http';
import type { SignalMake } from '../foreign-signal.ts';
import type { Step } from '../step.ts';
import type { Capabilities } from './adapter.ts';

/** Something the caller does. */
export type Action =
  | { readonly do: 'call'; readonly call: Call; readonly times: number; readonly together: boolean }
  /** Moves the breakers' clock. */
  | { readonly do: 'tick'; readonly ms: number }
  | { readonly do: 'wire'; readonly step: Step }
  | { readonly do: 'isolate' | 'release' | 'reset' };

export interface Call {
  readonly method: string;
  readonly body?: string;
  /** Sends `body` as bytes that can be read only once. */
  readonly oneShot?: boolean;
  /** The source of a one-shot body fails after `body`, with an error that looks like a lost connection's. */
  readonly sourceFails?: boolean;
  readonly headers?: Readonly<Record<string, string>>;
  /** Aborts after so many milliseconds of real time; 0: before the call. */
  readonly abortAfterMs?: number;
  /** @default 'AbortError' */
  readonly abortReason?: 'AbortError' | 'TimeoutError' | 'text';
  /** The make of the signal, where it is not the platform's. */
  readonly signalMake?: SignalMake;
  /** Aborts when the answer has come, and reads nothing of its body. */
  readonly abortUnread?: boolean;
  /** Whether the body is read. @default true */
  readonly read?: boolean;
  readonly cutout?: HttpCallOptions;
  readonly path?: string;
}

/** What must be the same behind every adapter. */
export interface Observation {
  /** Requests that arrived. */
  readonly requests: number;
  /** One letter per answer that the breaker was told: Success, Failure, Ignored; B: a body that broke afterwards. */
  readonly verdicts: string;
  /** The circuit of the first origin at the end. */
  readonly state: string;
  /** How each call ended: a status, `stale` after it where the answer was a kept one, `refused`, `full`, `aborted`, `failed`, or a status and `cut` for a body that broke. */
  readonly ends: string;
  /** Permits not given back: always 0. */
  readonly outstanding: number;
  /** Connections that a call has left behind in the middle of an answer: always 0. */
  readonly busySockets: number;
}

export interface Scenario {
  readonly name: string;
  /** The capabilities it needs, `false` for their absence; none for the rows that hold for every adapter. */
  readonly needs?: Partial<Capabilities>;
  /** Whether a connection can be made at all. @default 'accepts' */
  readonly listens?: 'accepts' | 'refuses' | 'never accepts' | 'no descriptors';
  readonly options?: Omit<HttpPolicyOptions, 'registry'>;
  /** What a fallback does that the adapter is given. @default there is none */
  readonly fallback?: 'answers' | 'throws';
  /** What the server does with the first requests, in order. */
  readonly steps?: readonly Step[];
  /** What it does with those after them. @default answer(200) */
  readonly always?: Step;
  readonly actions: readonly Action[];
  readonly expected: Omit<Observation, 'outstanding' | 'busySockets'>;
}

export function call(method: string, more: Omit<Call, 'method'> = {}, times = 1): Action {
  return { do: 'call', call: { method, ...more }, times, together: false };
}

export function together(times: number, method: string, more: Omit<Call, 'method'> = {}): Action {
  return { do: 'call', call: { method, ...more }, times, together: true };
}

export function tick(ms: number): Action {
  return { do: 'tick', ms };
}

export function wire(step: Step): Action {
  return { do: 'wire', step };
}
