/** What an adapter must offer to be held against the conformance table. */

import type { FallbackContext, HttpCallOptions, HttpPolicy, HttpPolicyOptions } from '@cutout/http';

/** One call as a user of the client would make it. */
export interface ClientRequest {
  readonly url: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  /** A text, or bytes that can be read only once. */
  readonly body: string | AsyncIterable<Uint8Array> | undefined;
  readonly signal: AbortSignal | undefined;
  /** The overrides of this call, in the client's own style. */
  readonly cutout: HttpCallOptions | undefined;
}

/** What the client answered. A client that rejects on a bad status resolves with that answer here. */
export interface ClientAnswer {
  readonly status: number;
  /** Its `Cache-Status`, by which a stale answer is told from the host's own. */
  readonly cacheStatus?: string | null | undefined;
  /** Reads the body to its end. Not called where a scenario leaves the body unread. */
  text(): Promise<string>;
  /** Lets the body go unread. */
  discard(): Promise<void> | void;
}

/** A client with the adapter under test attached to it. */
export interface ClientUnderTest {
  readonly policy: HttpPolicy;
  /** Rejects with the client's own error where there is no answer. */
  send(request: ClientRequest): Promise<ClientAnswer>;
  close?(): Promise<void> | void;
}

/** A fallback of no client's type: the adapter makes a response of its client's own of what it gives. */
export type FallbackUnderTest = (failure: unknown, context: FallbackContext) => { status: number; body: string };

/**
 * Builds the client and its adapter with these options, which go to the adapter as they are. A fallback comes beside them, where
 * a row has one.
 */
export type AdapterFactory = (
  options: HttpPolicyOptions,
  fallback?: FallbackUnderTest,
) => ClientUnderTest | Promise<ClientUnderTest>;

/** How a client differs by nature. Each selects a section of the table with its own numbers. */
export interface Capabilities {
  /** The client reads the body inside the attempt, so that a broken body fails the call. Else the body is handed out. */
  readonly bodyInsideAttempt: boolean;
  /** Each hop of a redirect is an attempt of its own, for its own origin. Else redirects count for the first origin. */
  readonly perHopKeys: boolean;
  /** A text or bytes given as a body can be sent again. */
  readonly replaysBodies: boolean;
  /** The client takes bodies that can be read only once. */
  readonly streams: boolean;
  /** The client hands the overrides of one call on to the adapter. */
  readonly overrides: boolean;
  /** The adapter hears of an abort while the connection is still being made. Else when that ends. */
  readonly seesEarlyAborts: boolean;
  /** Redirects are followed inside the client, and another adapter inside it guards their hops to other origins. @default false */
  readonly guardsForeignHops?: boolean;
  /** The client takes a signal that is not the platform's, if it has the shape. @default false */
  readonly takesForeignSignals?: boolean;
  /** The adapter takes a fallback. @default false */
  readonly fallbacks?: boolean;
  /** The client can be asked a second time while the first request is under way. @default false */
  readonly hedges?: boolean;
  /** The client's error says which hop of a redirect failed. @default false */
  readonly namesFailedHop?: boolean;
  /** The client connects by `node:net` of this process, whose shortages can be played. @default false */
  readonly nodeSockets?: boolean;
  /** The adapter takes `staleIfError`, and the adapter tells the `Cache-Status` of an answer. @default false */
  readonly servesStale?: boolean;
  /** The client opens six connections to a host at most, as browsers do. @default false */
  readonly sharesConnections?: boolean;
  /** The client does not say why a request failed, nor that nothing was sent. @default false */
  readonly hidesCauses?: boolean;
  /** The client ends a body whose connection is closed early as if it were whole. @default false */
  readonly hidesCutBodies?: boolean;
  /** The client closes the connection of a cancelled body later, and when it likes. @default false */
  readonly closesCancelledLater?: boolean;
}

export type Capability = keyof Capabilities;
