/** Signals of every kind, and when they abort. */

import { EventEmitter } from 'node:events';
import { watchListeners } from './detectors.ts';

/** A caller's signal, by kind. `abort` may be called at any time. */
export interface Made {
  readonly signal: unknown;
  abort(reason: unknown): void;
}

class ForeignSignal extends EventTarget {
  aborted = false;
  reason: unknown;
}

class EmitterSignal extends EventEmitter {
  aborted = false;
}

export const SIGNALS = {
  'of the platform': () => {
    const controller = new AbortController();
    return { signal: controller.signal, abort: reason => controller.abort(reason) };
  },
  'of another make': () => {
    const signal = new ForeignSignal();
    return {
      signal,
      abort: reason => {
        Object.assign(signal, { aborted: true, reason });
        signal.dispatchEvent(new Event('abort'));
      },
    };
  },
  'an emitter': () => {
    const signal = new EmitterSignal();
    return {
      signal,
      abort: () => {
        signal.aborted = true;
        signal.emit('abort');
      },
    };
  },
  'one that cannot be listened to': () => ({ signal: { aborted: false }, abort: () => undefined }),
  'one that throws when it is listened to': () => ({
    signal: {
      aborted: false,
      addEventListener: () => {
        throw new Error('no listeners here');
      },
      removeEventListener: () => {
        throw new Error('no listeners here');
      },
    },
    abort: () => undefined,
  }),
  'a text': () => ({ signal: 'nonsense', abort: () => undefined }),
} satisfies Record<string, () => Made>;

export type SignalMake = keyof typeof SIGNALS;

export const REASONS = {
  none: () => undefined,
  'a text': () => 'enough',
  'an AbortError': () => new DOMException('enough', 'AbortError'),
  'a TimeoutError': () => new DOMException('too late', 'TimeoutError'),
} satisfies Record<string, () => unknown>;

/** A signal that counts our listeners. */
export function watched(make: SignalMake): Made & { left(): string[] } {
  const made: Made = SIGNALS[make]();
  const { signal } = made;
  return { ...made, left: typeof signal === 'object' && signal !== null ? watchListeners(signal) : () => [] };
}
