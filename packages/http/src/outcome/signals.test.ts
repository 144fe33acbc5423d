import { EventEmitter } from 'node:events';
import { describe, expect, it, vi } from 'vitest';
import { abortReason, isAborted, linkedSignal, onAbort, type SignalLike } from './signals.ts';

class Polyfill extends EventTarget {
  aborted = false;
  reason: unknown;

  abort(reason?: unknown): void {
    this.aborted = true;
    this.reason = reason;
    this.dispatchEvent(new Event('abort'));
  }
}

class Emitter extends EventEmitter {
  abort(): void {
    this.emit('abort');
  }
}

describe.each([
  ['a polyfill', () => new Polyfill()],
  ['an event emitter', () => new Emitter()],
])('%s', (_name, make) => {
  it('calls its listener once', () => {
    const signal = make();
    let calls = 0;
    onAbort(signal as SignalLike, () => (calls += 1));
    signal.abort();
    signal.abort();
    expect(calls).toBe(1);
  });

  it('does not call a removed listener', () => {
    const signal = make();
    let calls = 0;
    onAbort(signal as SignalLike, () => (calls += 1))();
    signal.abort();
    expect(calls).toBe(0);
  });

  it('is followed by a signal of the platform', () => {
    const signal = make();
    const linked = linkedSignal(signal as SignalLike);
    signal.abort();
    expect(linked.signal.aborted).toBe(true);
    expect((linked.signal.reason as Error).name).toBe('AbortError');
  });
});

it('hands the reason on', () => {
  const signal = new Polyfill();
  const linked = linkedSignal(signal);
  const reason = new Error('enough');
  signal.abort(reason);
  expect(linked.signal.reason).toBe(reason);
});

it('is aborted from the beginning where the other is', () => {
  const signal = new Polyfill();
  signal.abort('enough');
  expect(linkedSignal(signal).signal.reason).toBe('enough');
  expect(linkedSignal(AbortSignal.abort('enough')).signal.reason).toBe('enough');
});

it('can be aborted alone', () => {
  const controller = new AbortController();
  for (const signal of [undefined, new Polyfill(), controller.signal]) {
    const linked = linkedSignal(signal);
    linked.abort('late');
    expect(linked.signal.reason).toBe('late');
  }
  expect(controller.signal.aborted).toBe(false);
});

it('takes what cannot be listened to', () => {
  const throwing = {
    aborted: false,
    addEventListener() {
      throw new Error('no');
    },
  };
  for (const signal of [{}, { aborted: false }, throwing]) {
    onAbort(signal, () => undefined)();
    expect(isAborted(signal)).toBe(false);
    expect(linkedSignal(signal).signal.aborted).toBe(false);
  }
});

it('makes a reason where there is none', () => {
  expect((abortReason({ aborted: true }) as Error).name).toBe('AbortError');
});

it('leaves a signal of another make as soon as it is unlinked', () => {
  const signal = new Polyfill();
  const removed = vi.spyOn(signal, 'removeEventListener');
  const linked = linkedSignal(signal);
  linked.unlink();
  expect(removed).toHaveBeenCalledTimes(1);
  signal.abort('enough');
  expect(linked.signal.aborted).toBe(false);
});
