/** What one request on the wire shows: its answer, and whether it failed by itself. */

import type { ClientRequest, IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';

/** What is read of an answer. got's own response need not be the host's: its cache puts another in its place. */
export type WireAnswer = Pick<IncomingMessage, 'statusCode' | 'headers'> &
  Partial<Pick<IncomingMessage, 'rawHeaders' | 'complete' | 'destroyed'>>;

/** What is needed of a request. */
export type Wire = Partial<Pick<ClientRequest, 'path' | 'method' | 'getHeader' | 'emit'>> & {
  destroy(error?: Error): unknown;
  prependOnceListener?: ClientRequest['prependOnceListener'];
};

export class WireWatch {
  readonly #wire: Wire;
  #answer: WireAnswer | undefined;
  #failed = false;
  /** Of a connection that has changed its protocol: no longer the request's. */
  #socket: Duplex | undefined;

  /** `isLeft`: whether the caller has destroyed the stream, which takes its request along. */
  constructor(wire: Wire, isLeft: () => boolean) {
    this.#wire = wire;
    // Before got's own listeners, which may ask for the verdict at once.
    wire.prependOnceListener?.('response', response => this.answeredBy(response));
    wire.prependOnceListener?.('error', () => this.failedBy(isLeft()));
    wire.prependOnceListener?.('upgrade', (response, socket) => {
      this.#socket = socket;
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
    return this.#socket !== undefined;
  }

  answeredBy(response: WireAnswer): void {
    this.#answer = response;
  }

  failedBy(caller: boolean): void {
    this.#failed ||= !caller;
  }

  /** Ends the request with `error`, which got reports as its own. */
  end(error: Error): void {
    this.#wire.destroy(error);
    this.#socket?.on('error', () => undefined).destroy();
    setImmediate(() => this.#report(error));
  }

  /** A request without a socket, or with one that changed its protocol, reports no error when it is destroyed. */
  #report(error: Error): void {
    const isReported = this.#failed || (!this.switched && this.#answer?.destroyed === true);
    if (!isReported) this.#wire.emit?.('error', error);
  }
}
