/** One row of the conformance table: what the server does, what the caller does, and the expected result. */

import type { HttpCallOptions, HttpPolicyOptions } from '@cutout/http';
import type { SignalMake } from '../foreign-signal.ts';
import type { Step } from '../step.ts';
import type { Capabilities } from './adapter.ts';

/** Something the caller does. */
export type Action =
  | { readonly do: 'call'; readonly call: Call; readonly times: number; readonly together: boolean }
  /** Advances the breakers' clock. */
  | { readonly do: 'tick'; readonly ms: number }
  | { readonly do: 'wire'; readonly step: Step }
  | { readonly do: 'isolate' | 'release' | 'reset' };

export interface Call {
  readonly method: string;
  readonly body?: string;
  /** Sends `body` as bytes that can be read only once. */
  readonly oneShot?: boolean;
  /** The source of a one-shot body fails after `body`, with an error that looks like a lost connection. */
  readonly sourceFails?: boolean;
  readonly headers?: Readonly<Record<string, string>>;
  /** Aborts after this many milliseconds of real time; 0: before the call. */
  readonly abortAfterMs?: number;
  /** @default 'AbortError' */
  readonly abortReason?: 'AbortError' | 'TimeoutError' | 'text';
  /** The kind of signal. @default the platform's */
  readonly signalMake?: SignalMake;
  /** Aborts when the answer arrives, without reading its body. */
  readonly abortUnread?: boolean;
  /** Whether the body is read. @default true */
  readonly read?: boolean;
  readonly cutout?: HttpCallOptions;
  readonly path?: string;
}

/** What must be the same with every adapter. */
export interface Observation {
  /** Requests that reached the server. */
  readonly requests: number;
  /** One letter per outcome the breaker recorded: Success, Failure, Ignored; B: a body that broke afterwards. */
  readonly verdicts: string;
  /** The final state of the first origin's circuit. */
  readonly state: string;
  /**
   * How each call ended: a status, a status and `stale` for a kept answer, a status and `cut` for a body that broke,
   * `refused`, `full`, `aborted` or `failed`.
   */
  readonly ends: string;
  /** Permits not released: always 0. */
  readonly outstanding: number;
  /** Connections left open in the middle of an answer: always 0. */
  readonly busySockets: number;
}

export interface Scenario {
  readonly name: string;
  /** The required capabilities, `false` for their absence. None: the row applies to every adapter. */
  readonly needs?: Partial<Capabilities>;
  /** How the server treats connections. @default 'accepts' */
  readonly listens?: 'accepts' | 'refuses' | 'never accepts' | 'no descriptors';
  readonly options?: Omit<HttpPolicyOptions, 'registry'>;
  /** What the fallback given to the adapter does. @default no fallback */
  readonly fallback?: 'answers' | 'throws';
  /** What the server does with the first requests, in order. */
  readonly steps?: readonly Step[];
  /** What the server does with later requests. @default answer(200) */
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
