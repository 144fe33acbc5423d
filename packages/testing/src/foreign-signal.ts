/** Abort signals that are none of the platform's: a polyfill's, a plain object of the shape, an event emitter. */

import { EventEmitter } from 'node:events';

export type SignalMake = 'polyfill' | 'plain object' | 'emitter';

export const SIGNAL_MAKES: readonly SignalMake[] = ['polyfill', 'plain object', 'emitter'];

/**
 * Aborts a signal of a foreign make, and counts who listens to it. A polyfill's knows no reason, an emitter's does not say
 * that it is aborted.
 *
 * @example
 * const foreign = new ForeignAbort('polyfill');
 * const call = fetch(url, { signal: foreign.signal });
 * foreign.abort();
 */
export class ForeignAbort {
  readonly signal: AbortSignal;
  /** Listeners at present. */
  listeners = 0;
  readonly #emitter = new EventEmitter();
  readonly #state: { aborted: boolean; reason?: unknown } = { aborted: false };
  readonly #make: SignalMake;

  constructor(make: SignalMake) {
    this.#make = make;
    this.signal = (make === 'emitter' ? this.#asEmitter() : this.#asTarget()) as unknown as AbortSignal;
  }

  abort(reason?: unknown): void {
    this.#state.aborted = true;
    if (this.#make === 'plain object') this.#state.reason = reason;
    this.#emitter.emit('abort');
  }

  #asTarget(): object {
    const state = this.#state;
    return {
      get aborted() {
        return state.aborted;
      },
      get reason() {
        return state.reason;
      },
      addEventListener: (type: string, listener: () => void) => this.#add(type, listener),
      removeEventListener: (type: string, listener: () => void) => this.#remove(type, listener),
      ...(this.#make === 'polyfill' ? { [Symbol.toStringTag]: 'AbortSignal' } : {}),
    };
  }

  #asEmitter(): object {
    return {
      on: (type: string, listener: () => void) => this.#add(type, listener),
      once: (type: string, listener: () => void) => this.#add(type, listener),
      off: (type: string, listener: () => void) => this.#remove(type, listener),
      removeListener: (type: string, listener: () => void) => this.#remove(type, listener),
    };
  }

  #add(type: string, listener: () => void): void {
    this.#emitter.on(type, listener);
    this.listeners = this.#emitter.listenerCount('abort');
  }

  #remove(type: string, listener: () => void): void {
    this.#emitter.off(type, listener);
    this.listeners = this.#emitter.listenerCount('abort');
  }
}
