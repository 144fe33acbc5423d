/** What the fuzz needs of an adapter. */

import type { HttpPolicy } from '@cutout/http';
import type { BodyName } from '../bodies.ts';
import type { Entry } from '../entry.ts';

export type Fields = Readonly<Record<string, unknown>>;

/** One call, as drawn. */
export interface Shape {
  readonly url: string;
  readonly method: string;
  readonly body: unknown;
  readonly signal: unknown;
  readonly cutout: unknown;
  /** Which of the client's ways to make a call. */
  readonly api: string;
  /** The client's own options and hooks. */
  readonly client: Fields;
}

/** What a call gave its caller. Every member is harmless to call more than once. */
export interface Answer {
  read(): Promise<unknown>;
  /** Reads a part, and leaves. */
  half(): Promise<unknown>;
  giveUp(): void;
}

export interface Client {
  /** Undefined where calls have none. */
  readonly policy: HttpPolicy | undefined;
  /** Permits and bulkhead places that are held now. @default by the policy's metrics */
  held?(): Held;
  send(shape: Shape): Promise<Answer>;
  close(): void;
}

export interface Held {
  readonly permits: number;
  readonly places: number;
}

interface Tables {
  /** What stands in place of an HTTP policy's options. */
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
  /** Hooks of the client that run before or after the adapter: a limit of ours cannot end them. */
  readonly outOfReach: readonly string[];
  /** Options of the policy that this adapter does not offer. */
  readonly refuses: readonly string[];
  /** What the client, or Node under it, does by itself. */
  readonly ownFaults: readonly RegExp[];
  /** The client without the adapter, to see which faults are its own. */
  bare(): Client;
  /** @throws TypeError or RangeError for options that are refused. */
  build(options: Fields, own: Fields): Client;
}

export const NOTHING: Answer = { read: async () => undefined, half: async () => undefined, giveUp: () => undefined };
