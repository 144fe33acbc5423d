/** The interface between the fuzz and an adapter. */

import type { HttpPolicy } from '@cutout/http';
import type { BodyName } from '../bodies.ts';
import type { Entry } from '../entry.ts';

export type Fields = Readonly<Record<string, unknown>>;

/** One drawn call. */
export interface Shape {
  readonly url: string;
  readonly method: string;
  readonly body: unknown;
  readonly signal: unknown;
  readonly cutout: unknown;
  /** Which of the client's call styles to use. */
  readonly api: string;
  /** The client's own options and hooks. */
  readonly client: Fields;
}

/** The answer of a call. Every member may be called more than once. */
export interface Answer {
  read(): Promise<unknown>;
  /** Reads a part, and stops. */
  half(): Promise<unknown>;
  giveUp(): void;
}

export interface Client {
  /** Undefined if calls have none. */
  readonly policy: HttpPolicy | undefined;
  /** Permits and bulkhead permits held now. @default from the policy's metrics */
  held?(): Held;
  send(shape: Shape): Promise<Answer>;
  close(): void;
}

export interface Held {
  readonly permits: number;
  readonly places: number;
}

interface Tables {
  /** Replaces the options of an HTTP policy. */
  readonly options?: Readonly<Record<string, Entry>>;
  /** The adapter's own options. */
  readonly own: Readonly<Record<string, Entry>>;
  /** The client's own options and hooks. */
  readonly client: Readonly<Record<string, Entry>>;
}

export interface Subject extends Tables {
  readonly name: string;
  readonly apis: readonly string[];
  readonly bodies: readonly BodyName[];
  /** Hooks of the client that run outside the adapter: our limits cannot end them. */
  readonly outOfReach: readonly string[];
  /** Policy options that this adapter does not support. */
  readonly refuses: readonly string[];
  /** Faults of the client or of Node themselves. */
  readonly ownFaults: readonly RegExp[];
  /** The client without the adapter, to find its own faults. */
  bare(): Client;
  /** @throws TypeError or RangeError for invalid options. */
  build(options: Fields, own: Fields): Client;
}

export const NOTHING: Answer = { read: async () => undefined, half: async () => undefined, giveUp: () => undefined };
