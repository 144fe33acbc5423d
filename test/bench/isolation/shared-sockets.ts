/** Limits the total sockets of an undici dispatcher over all hosts, as `maxTotalSockets` does for a Node agent. */

import { buildConnector } from 'undici';

type Connect = buildConnector.connector;
type Waiting = Parameters<Connect>;

export class SharedSockets {
  readonly #max: number;
  readonly #connect = buildConnector({});
  readonly #waiting: Waiting[] = [];
  #open = 0;

  constructor(max: number) {
    this.#max = max;
  }

  readonly connect: Connect = (options, callback) => {
    this.#waiting.push([options, callback]);
    this.#next();
  };

  /** Requests that still wait get no socket. */
  close(): void {
    for (const [, callback] of this.#waiting.splice(0)) callback(new Error('closed'), null);
  }

  #next(): void {
    const next = this.#open < this.#max ? this.#waiting.shift() : undefined;
    if (!next) return;
    const [options, callback] = next;
    this.#open += 1;
    this.#connect(options, (...result) => {
      const [, socket] = result;
      if (socket) socket.once('close', this.#closed);
      else this.#closed();
      callback(...result);
    });
  }

  readonly #closed = (): void => {
    this.#open -= 1;
    this.#next();
  };
}
