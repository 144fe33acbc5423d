import { monotonicClock } from '@cutout/core';
import { describe, expect, it } from 'vitest';
import { ConnectionLosses } from './connection-loss.ts';

const before = (): number => monotonicClock.now() - 1_000;
const after = (): number => monotonicClock.now() + 1_000;
const turns = async (count: number): Promise<void> => {
  for (let i = 0; i < count; i++) await new Promise(resolve => setImmediate(resolve));
};

describe('a root cause that ends several attempts', () => {
  it('counts once, however it is wrapped', () => {
    const losses = new ConnectionLosses(monotonicClock);
    const root = Object.assign(new Error('other side closed'), { code: 'UND_ERR_SOCKET' });
    expect(losses.isRepeated('reset', root, before())).toBe(false);
    expect(losses.isRepeated('reset', new TypeError('fetch failed', { cause: root }), before())).toBe(true);
  });

  it('counts again for an attempt that began after the loss', () => {
    const losses = new ConnectionLosses(monotonicClock);
    const root = new Error('kept by a mock');
    expect(losses.isRepeated('network', root, before())).toBe(false);
    expect(losses.isRepeated('network', root, after())).toBe(false);
  });

  it('is no lost connection where a limit ended them', () => {
    const losses = new ConnectionLosses(monotonicClock);
    const shared = new DOMException('late', 'TimeoutError');
    for (const kind of ['caller-timeout', 'attempt-timeout', 'client-timeout'] as const) {
      expect(losses.isRepeated(kind, shared, before())).toBe(false);
      expect(losses.isRepeated(kind, shared, before())).toBe(false);
    }
  });

  it('may be an error whose properties throw, or no object', () => {
    const losses = new ConnectionLosses(monotonicClock);
    const hostile = new Proxy(new Error('x'), {
      get: () => {
        throw new Error('no');
      },
    });
    expect(losses.isRepeated('network', hostile, before())).toBe(false);
    expect(losses.isRepeated('network', 'text', before())).toBe(false);
    expect(losses.isRepeated('network', 'text', before())).toBe(false);
  });
});

describe('streams of HTTP/2 that end within one turn', () => {
  const stream = (): Error => Object.assign(new Error('Stream closed'), { code: 'ERR_HTTP2_STREAM_ERROR' });

  it('count once, though each has an error of its own', () => {
    const losses = new ConnectionLosses(monotonicClock);
    expect([1, 2, 3].map(() => losses.isRepeated('network', stream(), before()))).toEqual([false, true, true]);
  });

  it('count once where the error of got shows only HTTP/2', () => {
    const losses = new ConnectionLosses(monotonicClock);
    const aborted = (http2: boolean): Error =>
      Object.assign(new Error('The server aborted pending request'), { code: 'ECONNRESET', options: { http2 } });
    expect([1, 2, 3].map(() => losses.isRepeated('reset', aborted(true), before()))).toEqual([false, true, true]);
    const others = new ConnectionLosses(monotonicClock);
    expect([1, 2].map(() => others.isRepeated('reset', aborted(false), before()))).toEqual([false, false]);
  });

  it('count with the end of the socket that belongs to it', () => {
    const losses = new ConnectionLosses(monotonicClock);
    const half = new Error('HTTP/2: stream half-closed (remote)');
    expect(losses.isRepeated('network', half, before())).toBe(false);
    expect(losses.isRepeated('reset', new Error('other side closed'), before())).toBe(true);
  });

  it('count again in a later turn, and for attempts that began later', async () => {
    const losses = new ConnectionLosses(monotonicClock);
    expect(losses.isRepeated('network', stream(), before())).toBe(false);
    expect(losses.isRepeated('network', stream(), after())).toBe(false);
    await turns(3);
    expect(losses.isRepeated('network', stream(), before())).toBe(false);
  });

  it('are known by the answer that had begun', () => {
    const losses = new ConnectionLosses(monotonicClock);
    const cut = (httpVersion: string): Error => Object.assign(new Error('aborted'), { response: { httpVersion } });
    expect([cut('2.0'), cut('2.0')].map(each => losses.isRepeated('reset', each, before()))).toEqual([false, true]);
  });
});

it('each connection of HTTP/1 that is reset within one turn counts', () => {
  const losses = new ConnectionLosses(monotonicClock);
  const reset = (): Error => Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' });
  expect([1, 2, 3].map(() => losses.isRepeated('reset', reset(), before()))).toEqual([false, false, false]);
});
