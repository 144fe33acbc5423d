import { EventEmitter } from 'node:events';
import { bulkhead, hedge } from '@cutout/http';
import { answer, hang, reset, ScriptedServer } from '@cutout/testing';
import axios, { type AxiosInstance, isCancel } from 'axios';
import axios17 from 'axios-1.7';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type AxiosAdapterOptions, attachBreaker, type Detach } from './attach-breaker.ts';

let server: ScriptedServer;
const unhandled: unknown[] = [];
const note = (error: unknown): number => unhandled.push(error);
beforeEach(async () => {
  server = await ScriptedServer.start();
  unhandled.length = 0;
  process.on('unhandledRejection', note);
});
afterEach(async () => {
  process.off('unhandledRejection', note);
  await server.close();
});

/** A signal of another make, and what is still registered on it. */
interface Foreign {
  readonly signal: unknown;
  abort(): void;
  listeners(): number;
}

class Polyfilled extends EventTarget {
  aborted = false;
  reason: unknown;
  readonly all: Set<unknown> = new Set();
  override addEventListener(type: string, listener: EventListener): void {
    this.all.add(listener);
    super.addEventListener(type, listener);
  }
  override removeEventListener(type: string, listener: EventListener): void {
    this.all.delete(listener);
    super.removeEventListener(type, listener);
  }
}

function polyfilled(): Foreign {
  const signal = new Polyfilled();
  const abort = (): void => {
    signal.aborted = true;
    signal.dispatchEvent(new Event('abort'));
  };
  return { signal, abort, listeners: () => signal.all.size };
}

function plain(): Foreign {
  const all = new Set<() => void>();
  const signal = {
    aborted: false,
    addEventListener: (_: string, listener: () => void) => all.add(listener),
    removeEventListener: (_: string, listener: () => void) => all.delete(listener),
  };
  const abort = (): void => {
    signal.aborted = true;
    for (const each of [...all]) each();
  };
  return { signal, abort, listeners: () => all.size };
}

function emitter(): Foreign {
  const signal = new EventEmitter();
  return { signal, abort: () => signal.emit('abort'), listeners: () => signal.listenerCount('abort') };
}

const kinds = { polyfilled, 'plain object': plain };
const limits: Record<string, AxiosAdapterOptions> = {
  'no limit': {},
  'an attempt limit': { attemptTimeoutMs: 60_000 },
  'a total limit': { totalTimeoutMs: 60_000 },
  'both and a bulkhead': {
    attemptTimeoutMs: 60_000,
    totalTimeoutMs: 60_000,
    bulkhead: bulkhead({ maxConcurrent: 1, maxQueue: 1 }),
  },
  hedging: { hedge: hedge({ delayMs: 50_000 }) },
};

describe.each([
  ['1.21', axios],
  ['1.7', axios17 as unknown as typeof axios],
])('behind axios %s a signal of another make', (_version, client) => {
  function make(options: AxiosAdapterOptions): { http: AxiosInstance; detach: Detach } {
    const http = client.create({ baseURL: server.origin, proxy: false });
    return { http, detach: attachBreaker(http, { retry: false, ...options }) };
  }
  const counted = ({ policy }: Detach): unknown => policy.metricsOf(server.origin)?.answers;

  describe.each(Object.entries(kinds))('(%s)', (_kind, foreign) => {
    it.each(Object.entries(limits))('is answered with %s, and keeps no listener', async (_name, options) => {
      const { http } = make(options);
      const { signal, listeners } = foreign();
      const { token } = client.CancelToken.source();
      for (const cancelToken of [undefined, token]) {
        const config = { signal: signal as AbortSignal, ...(cancelToken ? { cancelToken } : {}) };
        expect((await http.get('/', config)).status).toBe(200);
      }
      await vi.waitFor(() => expect(listeners()).toBe(0));
      expect((token as unknown as { _listeners: unknown[] })._listeners ?? []).toEqual([]);
      expect(unhandled).toEqual([]);
    });

    it.each(Object.entries(limits))('cancels with %s, and nothing counts', async (_name, options) => {
      const { http, detach } = make(options);
      server.always(hang);
      const { signal, abort, listeners } = foreign();
      const call = http.get('/', { signal: signal as AbortSignal }).catch(error => error);
      await vi.waitFor(() => expect(server.requests).toHaveLength(1));
      abort();
      const error = await call;
      expect([isCancel(error), error.code]).toEqual([true, 'ERR_CANCELED']);
      expect(counted(detach)).toMatchObject({ failure: 0, success: 0 });
      await vi.waitFor(() => expect(listeners()).toBe(0));
      expect(unhandled).toEqual([]);
    });
  });

  it.each(Object.entries({ ...kinds, emitter }))('(%s) ends a wait between attempts', async (_kind, foreign) => {
    const { http, detach } = make({ retry: { backoff: () => 60_000 }, attemptTimeoutMs: 60_000 });
    const waits = Promise.withResolvers<void>();
    detach.policy.subscribe(event => event.type === 'retry' && waits.resolve());
    server.always(reset);
    const { signal, abort, listeners } = foreign();
    const call = http.get('/', { signal: signal as AbortSignal }).catch(error => error);
    await waits.promise;
    abort();
    expect((await call).code).toBe('ERR_CANCELED');
    expect(listeners()).toBe(0);
    expect(unhandled).toEqual([]);
  });

  it.each(Object.entries({ ...kinds, emitter }))('(%s) ends a wait for a place', async (_kind, foreign) => {
    const { http } = make({ bulkhead: bulkhead({ maxConcurrent: 1, maxQueue: 1 }), attemptTimeoutMs: 60_000 });
    server.always(hang);
    const own = new AbortController();
    const first = http.get('/', { signal: own.signal }).catch(error => error);
    await vi.waitFor(() => expect(server.requests).toHaveLength(1));
    const { signal, abort, listeners } = foreign();
    const second = http.get('/', { signal: signal as AbortSignal }).catch(error => error);
    await vi.waitFor(() => expect(listeners()).toBeGreaterThan(0));
    abort();
    expect((await second).code).toBe('ERR_CANCELED');
    own.abort();
    await first;
    expect(listeners()).toBe(0);
    expect(server.requests).toHaveLength(1);
  });

  it('aborts a body that is read after the call', async () => {
    const { http } = make({ attemptTimeoutMs: 60_000 });
    server.always(answer(200, { body: 5_000_000 }));
    const { signal, abort, listeners } = plain();
    const { data } = await http.get('/', { responseType: 'stream', signal: signal as AbortSignal });
    const failed = new Promise<Error>(resolve => data.once('error', resolve));
    abort();
    expect((await failed).message).toBe('canceled');
    await vi.waitFor(() => expect(listeners()).toBe(0));
  });

  it('leaves the error that a token shares among its calls as it is', async () => {
    const { http } = make({ attemptTimeoutMs: 60_000 });
    server.always(hang);
    const { token, cancel } = client.CancelToken.source();
    const calls = [1, 2].map(() => http.get('/', { cancelToken: token }).catch(error => error));
    await vi.waitFor(() => expect(server.requests).toHaveLength(2));
    cancel('enough');
    for (const each of calls) expect(await each).toBe(token.reason);
    expect((token.reason as { config?: unknown } | undefined)?.config).toBeUndefined();
  });
});
