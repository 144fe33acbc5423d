/** What one request on the wire shows: its answer, and whether it failed by itself. */

import type { ClientRequest, IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';

/** What is read of an answer. got's own response need not be the host's: its cache puts another in its place. */
export type WireAnswer = Pick<IncomingMessage, 'statusCode' | 'headers'> &
  Partial<Pick<IncomingMessage, 'rawHeaders' | 'complete' | 'destroyed' | 'socket'>>;

/** What is needed of a request. */
export type Wire = Partial<
  Pick<ClientRequest, 'path' | 'method' | 'socket' | 'getHeader' | 'getHeaderNames' | 'emit'>
> & {
  destroy(error?: Error): unknown;
  on?: ClientRequest['on'];
  prependOnceListener?: ClientRequest['prependOnceListener'];
};

export class WireWatch {
  readonly #wire: Wire;
  #answer: WireAnswer | undefined;
  #failed = false;
  #socket: Socket | undefined;
  #isLookedUp = false;
  /** Of a connection that has changed its protocol: no longer the request's. */
  #switched: Duplex | undefined;

  /** `isLeft`: whether the caller has destroyed the stream, which takes its request along. */
  constructor(wire: Wire, isLeft: () => boolean) {
    this.#wire = wire;
    // Before got's own listeners, which may ask for the verdict at once.
    wire.prependOnceListener?.('response', response => this.answeredBy(response));
    wire.prependOnceListener?.('error', error => this.failedBy(isLeft() || !this.#isOfHost(error)));
    // Over HTTP/2 it is there from the start.
    if (wire.socket) this.#connectBy(wire.socket);
    else wire.prependOnceListener?.('socket', socket => this.#connectBy(socket));
    wire.prependOnceListener?.('upgrade', (response, socket) => {
      this.#switched = socket;
      this.#answer = response;
    });
  }

  get answer(): WireAnswer | undefined {
    return this.#answer;
  }

  /** Whether it reported an error that the caller did not cause. */
  get failed(): boolean {
    return this.#failed;
  }

  get switched(): boolean {
    return this.#switched !== undefined;
  }

  /**
   * Whether the host has the request, or is being connected to. Until then it waits for the application: for its agent,
   * or for its `dnsLookup`.
   *
   * `looksUp`: whether the application has one.
   */
  hasHost(looksUp: boolean): boolean {
    return this.#socket !== undefined && !(looksUp && this.#socket.connecting && !this.#isLookedUp);
  }

  answeredBy(response: WireAnswer): void {
    this.#answer = response;
  }

  failedBy(caller: boolean): void {
    this.#failed ||= !caller;
  }

  /** Ends the request with `error`, which got reports as its own. */
  end(error: Error): void {
    // One that gets its socket later reports the error then, once more.
    this.#wire.on?.('error', () => undefined);
    this.#wire.destroy(error);
    this.closeSwitched();
    setImmediate(() => this.#report(error));
  }

  /** The application has taken over the connection that changed its protocol. */
  handedOver(): void {
    this.#switched = undefined;
  }

  /** Closes a connection that changed its protocol, which the request no longer takes along. */
  closeSwitched(): void {
    this.#switched?.on('error', () => undefined).destroy();
  }

  #connectBy(socket: Socket): void {
    this.#socket = socket;
    // One that is used again has been looked up, and would gather listeners.
    if (!socket.connecting) return;
    socket.once('lookup', () => {
      this.#isLookedUp = true;
    });
  }

  /** An agent that throws has no code of the system. */
  #isOfHost(error: Error): boolean {
    return this.#socket !== undefined || typeof (error as { code?: unknown }).code === 'string';
  }

  /** A request without a socket, or with one that changed its protocol, reports no error when it is destroyed. */
  #report(error: Error): void {
    const isReported = this.#failed || (!this.switched && this.#answer?.destroyed === true);
    if (!isReported) this.#wire.emit?.('error', error);
  }
}
