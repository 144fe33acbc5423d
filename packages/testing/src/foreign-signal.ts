/** Abort signals that are not the platform's: from a polyfill, a plain object of the shape, an event emitter. */

export type SignalMake = 'polyfill' | 'plain object' | 'emitter';

export const SIGNAL_MAKES: readonly SignalMake[] = ['polyfill', 'plain object', 'emitter'];

/**
 * Aborts a foreign signal, and counts its listeners. The polyfill's signal has no `reason`, the emitter's no `aborted`.
 *
 * @example
 * const foreign = new ForeignAbort('polyfill');
 * const call = fetch(url, { signal: foreign.signal });
 * foreign.abort();
 */
export class ForeignAbort {
  readonly signal: AbortSignal;
  readonly #listeners = new Set<() => void>();
  readonly #state: { aborted: boolean; reason?: unknown } = { aborted: false };
  readonly #make: SignalMake;

  constructor(make: SignalMake) {
    this.#make = make;
    this.signal = (make === 'emitter' ? this.#asEmitter() : this.#asTarget()) as unknown as AbortSignal;
  }

  abort(reason?: unknown): void {
    this.#state.aborted = true;
    if (this.#make === 'plain object') this.#state.reason = reason;
    for (const listener of [...this.#listeners]) listener();
  }

  /** The current number of listeners. */
  get listeners(): number {
    return this.#listeners.size;
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
    if (type === 'abort') this.#listeners.add(listener);
  }

  #remove(type: string, listener: () => void): void {
    if (type === 'abort') this.#listeners.delete(listener);
  }
}
