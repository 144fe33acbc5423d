/** What an adapter must offer to run the conformance table. */

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
  /** The `Cache-Status` header, which marks a stale answer. */
  readonly cacheStatus?: string | null | undefined;
  /** Reads the body to its end. Not called when a scenario leaves the body unread. */
  text(): Promise<string>;
  /** Discards the body unread. */
  discard(): Promise<void> | void;
}

/** A client with the adapter under test attached. */
export interface ClientUnderTest {
  readonly policy: HttpPolicy;
  /** Rejects with the client's own error when there is no answer. */
  send(request: ClientRequest): Promise<ClientAnswer>;
  close?(): Promise<void> | void;
}

/** A fallback independent of the client: the factory converts its result to the client's own response type. */
export type FallbackUnderTest = (failure: unknown, context: FallbackContext) => { status: number; body: string };

/**
 * Builds the client and its adapter. The options go to the adapter unchanged. `fallback` is set when a row has one.
 */
export type AdapterFactory = (
  options: HttpPolicyOptions,
  fallback?: FallbackUnderTest,
) => ClientUnderTest | Promise<ClientUnderTest>;

/** How a client differs by nature. Each selects a section of the table with its own numbers. */
export interface Capabilities {
  /** The client reads the body inside the attempt, so a broken body fails the call. Otherwise the caller gets the body. */
  readonly bodyInsideAttempt: boolean;
  /** Each redirect hop is guarded separately, for its own origin. Otherwise redirects count for the first origin. */
  readonly perHopKeys: boolean;
  /** A body given as text or bytes can be sent again. */
  readonly replaysBodies: boolean;
  /** The client takes bodies that can be read only once. */
  readonly streams: boolean;
  /** The client passes the overrides of one call on to the adapter. */
  readonly overrides: boolean;
  /** The adapter sees an abort while the client is still connecting. Otherwise it sees the abort once connecting ends. */
  readonly seesEarlyAborts: boolean;
  /** The client follows redirects itself, and another adapter inside it guards hops to other origins. @default false */
  readonly guardsForeignHops?: boolean;
  /** The client accepts any object shaped like an `AbortSignal`. @default false */
  readonly takesForeignSignals?: boolean;
  /** The adapter accepts a fallback. @default false */
  readonly fallbacks?: boolean;
  /** The client can send a second request while the first is in flight. @default false */
  readonly hedges?: boolean;
  /** The client's error names the redirect hop that failed. @default false */
  readonly namesFailedHop?: boolean;
  /** The client connects through `node:net` in this process, so a shortage of file descriptors can be simulated. @default false */
  readonly nodeSockets?: boolean;
  /** The adapter accepts the option `stale`, and its answers have `cacheStatus`. @default false */
  readonly servesStale?: boolean;
  /** The client opens at most six connections to a host, as browsers do. @default false */
  readonly sharesConnections?: boolean;
  /** The client's error does not say why a request failed, or that nothing was sent. @default false */
  readonly hidesCauses?: boolean;
  /** The client treats a body whose connection closes early as complete. @default false */
  readonly hidesCutBodies?: boolean;
  /** The client closes the connection of a cancelled body later, at a time of its own. @default false */
  readonly closesCancelledLater?: boolean;
}

export type Capability = keyof Capabilities;
