/** Streams: retried in got's documented way, left by their readers, fed by sources that fail. */

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { PassThrough, Readable } from 'node:stream';
import { finished, pipeline } from 'node:stream/promises';
import { ReadableStream as WebStream } from 'node:stream/web';
import { bulkhead } from '@cutout/http';
import { answer, breakBody, drip, ForeignAbort, hang, redirect, reset, ScriptedServer } from '@cutout/testing';
import got, { type Got, type Request } from 'got';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type BreakerHooks, breakerHooks, type GotOptions } from './breaker-hooks.ts';

let server: ScriptedServer;
beforeEach(async () => {
  server = await ScriptedServer.start();
});
afterEach(() => server.close());

const ONE = { failures: 1 } as const;

function make(options: GotOptions = {}): { client: Got; hooks: BreakerHooks } {
  const hooks = breakerHooks({
    retry: { backoff: () => 1 },
    bulkhead: bulkhead({ maxConcurrent: 2, bodyHoldMs: 60_000 }),
    ...options,
  });
  return { client: got.extend(hooks), hooks };
}

const metricsOf = ({ policy }: BreakerHooks) => policy.metricsOf(server.origin);
const answersOf = (hooks: BreakerHooks): unknown => metricsOf(hooks)?.answers;
const stateOf = ({ policy }: BreakerHooks): string => policy.breaker(server.origin).state;
const heldBy = (hooks: BreakerHooks): number =>
  (metricsOf(hooks)?.inFlight ?? 0) + (metricsOf(hooks)?.bulkhead?.inFlight ?? 0);

const nothingHeld = (hooks: BreakerHooks): Promise<void> => vi.waitFor(() => expect(heldBy(hooks)).toBe(0));

/** As got's documentation has it; `later` makes the next stream in another turn. */
function readRetrying(first: Request, later = false): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    const follow = (stream: Request): void => {
      stream.on('retry', (_count, _error, createRetryStream) => {
        if (later) setImmediate(() => follow(createRetryStream() as Request));
        else follow(createRetryStream() as Request);
      });
      stream.on('data', part => (text += part));
      stream.on('end', () => resolve(text));
      stream.on('error', reject);
    };
    follow(first);
  });
}

const errorOf = (stream: Readable): Promise<Error> =>
  new Promise(resolve =>
    stream
      .on('error', resolve)
      .on('close', () => resolve(new Error('none')))
      .resume(),
  );

describe('a stream that is retried', () => {
  for (const later of [false, true]) {
    const when = later ? 'in a later turn' : 'at once';
    it(`counts in every one of its streams, and holds nothing at the end (made ${when})`, async () => {
      const { client, hooks } = make();
      for (let i = 0; i < 3; i++) {
        server.next(answer(503), reset, answer(200, { body: 'whole' }));
        expect(await readRetrying(client.stream(server.url()), later)).toBe('whole');
      }
      await nothingHeld(hooks);
      expect(answersOf(hooks)).toEqual({ success: 3, failure: 6, ignore: 0 });
    });
  }

  it('is no retry where nothing listens for one, and takes nothing from the budget', async () => {
    server.always(answer(503));
    const { client, hooks } = make({ retry: { backoff: () => 1, budget: { ratio: 0.1, minRetriesPerSecond: 1 } } });
    const retries: string[] = [];
    hooks.policy.subscribe(({ type }) => void (type.startsWith('retry') && retries.push(type)));
    for (const throwHttpErrors of [true, false]) {
      await finished(client.stream(server.url(), { throwHttpErrors }).resume()).catch(() => undefined);
    }
    expect([server.requests.length, retries]).toEqual([2, []]);
    expect(metricsOf(hooks)?.calls).toMatchObject({ failed: 2, ignored: 0 });
    await nothingHeld(hooks);
  });

  it('is refused in a further stream where the circuit has opened', async () => {
    server.always(answer(503));
    const { client, hooks } = make({ breaker: ONE, retry: { backoff: () => 1, maxRetries: 5 } });
    const stream = client.stream(server.url());
    await expect(readRetrying(stream)).rejects.toMatchObject({ code: 'ERR_NON_2XX_3XX_RESPONSE' });
    await expect(readRetrying(client.stream(server.url()))).rejects.toMatchObject({ code: 'ERR_CIRCUIT_OPEN' });
    expect([server.requests.length, stateOf(hooks), heldBy(hooks)]).toEqual([1, 'open', 0]);
  });

  it("is counted under got's own retry, too", async () => {
    const { client, hooks } = make({ retry: false });
    server.next(answer(503));
    const own = client.extend({ retry: { calculateDelay: ({ computedValue }) => (computedValue ? 1 : 0) } });
    expect(await readRetrying(own.stream(server.url()))).toBe('');
    await nothingHeld(hooks);
    expect(answersOf(hooks)).toEqual({ success: 1, failure: 1, ignore: 0 });
  });

  it('holds nothing where no further stream is made', async () => {
    server.next(answer(503));
    const { client, hooks } = make();
    const stream = client.stream(server.url());
    const retried = new Promise(resolve => stream.on('retry', resolve));
    stream.resume();
    await retried;
    await nothingHeld(hooks);
  });
});

describe('a rule of the application that fails', () => {
  const thrown = (): never => {
    throw new Error('boom');
  };
  const rules: Record<string, [options: GotOptions, message: string]> = {
    'classify throws': [{ classify: thrown }, 'boom'],
    'classify throws no error': [
      {
        classify: () => {
          throw undefined;
        },
      },
      'undefined',
    ],
    'classify returns a promise': [{ classify: (async () => undefined) as never }, 'must return its answer at once'],
    'classify returns nonsense': [{ classify: () => ({ notBeforeMs: 'soon' as never }) }, 'notBeforeMs'],
    'failureStatus throws': [{ failureStatus: thrown }, 'boom'],
    'retryStatus rejects': [{ retryStatus: (async () => thrown()) as never }, 'must return its answer at once'],
  };
  const kinds: Record<string, [options: GotOptions, listen: (stream: Request) => unknown]> = {
    'a stream': [{}, () => undefined],
    'a stream with a fallback': [{ fallback: () => 'instead' }, () => undefined],
    'a stream that is retried': [{}, stream => stream.on('retry', (_count, _error, again) => again())],
  };
  const steps = {
    'headers and a part of a body': breakBody('hang'),
    'a redirect': redirect('here'),
    'no answer': reset,
  };
  for (const [rule, [options, message]] of Object.entries(rules)) {
    for (const [kind, [more, listen]] of Object.entries(kinds)) {
      for (const [what, step] of Object.entries(steps)) {
        // A status is not looked at where there is none.
        if (what === 'no answer' && !rule.startsWith('classify')) continue;
        it(`ends ${kind} with its error, and holds nothing (${rule}, after ${what})`, async () => {
          server.always(step);
          const { client, hooks } = make({ ...options, ...more });
          const stream = client.stream(server.url());
          listen(stream);
          const error = await errorOf(stream);
          if (what !== 'no answer') expect(error.message).toContain(message);
          await nothingHeld(hooks);
          await vi.waitFor(() => expect(server.busySockets).toBe(0));
          expect(answersOf(hooks)).toEqual({ success: 0, failure: 0, ignore: 1 });
        });
      }
    }
  }
});

describe("a caller's signal of another make", () => {
  const streamOf = (client: Got, signal: AbortSignal): Request =>
    client.stream(server.url(), { signal }).on('error', () => undefined);
  const closeOf = (stream: Request): Promise<unknown> => new Promise(resolve => stream.once('close', resolve));
  const ways: Record<string, (client: Got, signal: AbortSignal) => Promise<unknown>> = {
    'a promise': (client, signal) => client(server.url(), { signal }),
    'a promise that fails': (client, signal) => {
      server.next(answer(404));
      return expect(client(server.url(), { signal })).rejects.toThrow('404');
    },
    'a stream that is read': (client, signal) => readRetrying(streamOf(client, signal)),
    'a stream that is given up': async (client, signal) => {
      const stream = streamOf(client, signal);
      await new Promise(resolve => stream.once('response', resolve));
      stream.destroy();
      await closeOf(stream);
    },
    'a stream that is retried': async (client, signal) => {
      server.next(answer(503), answer(503));
      await readRetrying(streamOf(client, signal));
    },
    'a call that a handler of the application refuses': async (client, signal) => {
      const refusing = client.extend({
        handlers: [
          () => {
            throw new Error('refused');
          },
        ],
      });
      expect(() => refusing(server.url(), { signal })).toThrow('refused');
    },
  };
  for (const [what, run] of Object.entries(ways)) {
    it(`keeps no listener of ours after ${what}`, async () => {
      const { client } = make({ attemptTimeoutMs: 60_000 });
      const foreign = new ForeignAbort('polyfill');
      await run(client, foreign.signal);
      await vi.waitFor(() => expect(foreign.listeners).toBe(0));
    });
  }
});

describe('a download that its reader leaves', () => {
  const ways: Record<string, (stream: Request) => Promise<unknown>> = {
    'by destroy()': async stream => stream.destroy(),
    'by destroy(error)': async stream => {
      stream.on('error', () => undefined);
      stream.destroy(Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' }));
    },
    'by breaking its loop': async stream => {
      for await (const _ of stream) break;
    },
    'by a pipeline whose target closes': async stream => {
      const target = new PassThrough({ highWaterMark: 1 });
      target.once('data', () => target.destroy());
      await pipeline(stream, target).catch(() => undefined);
    },
    'by a pipeline whose target fails': async stream => {
      const target = new PassThrough();
      target.once('data', () => target.destroy(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' })));
      await pipeline(stream, target).catch(() => undefined);
    },
  };
  for (const [way, leave] of Object.entries(ways)) {
    it(`${way} says nothing of the host, and gives its place back at once`, async () => {
      server.always(drip(1_000, 5));
      const { client, hooks } = make({ breaker: ONE });
      for (let i = 0; i < 3; i++) {
        const stream = client.stream(server.url());
        await new Promise(resolve => stream.once('response', resolve));
        await leave(stream);
        await nothingHeld(hooks);
      }
      expect([stateOf(hooks), answersOf(hooks)]).toEqual(['closed', { success: 3, failure: 0, ignore: 0 }]);
    });
  }

  it('by an abort after the headers gives its place back at once, read or not', async () => {
    server.always(breakBody('hang'));
    const { client, hooks } = make({ breaker: ONE });
    for (const isRead of [false, true]) {
      const controller = new AbortController();
      const stream = client.stream(server.url(), { signal: controller.signal });
      const failed = new Promise<Error>(resolve => stream.on('error', resolve));
      await new Promise(resolve => stream.once('response', resolve));
      if (isRead) stream.resume();
      controller.abort();
      expect(await failed).toMatchObject({ name: 'AbortError' });
      await nothingHeld(hooks);
    }
    expect(stateOf(hooks)).toBe('closed');
  });

  it('counts where the host breaks it off instead', async () => {
    server.always(breakBody('reset'));
    const { client, hooks } = make({ breaker: ONE });
    await errorOf(client.stream(server.url()));
    await vi.waitFor(() => expect(stateOf(hooks)).toBe('open'));
  });
});

const RESET = Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET', syscall: 'read' });

async function* failing(): AsyncGenerator<string> {
  yield 'part';
  throw RESET;
}

const failingStream = (): Readable => {
  const source = new Readable({ read: () => undefined });
  source.push('part');
  setImmediate(() => source.destroy(RESET));
  return source;
};

const closingStream = (): Readable => {
  const source = new Readable({ read: () => undefined });
  source.push('part');
  setImmediate(() => source.destroy());
  return source;
};

describe('an upload whose source fails', () => {
  const bodies: Record<string, () => unknown> = {
    'a stream': failingStream,
    'a stream that closes before its end': closingStream,
    'an async generator': failing,
    'a web stream': () => WebStream.from(failing()),
  };
  for (const [what, body] of Object.entries(bodies)) {
    for (const retry of [undefined, false] as const) {
      it(`says nothing of the host (${what}, retry ${retry})`, async () => {
        const { client, hooks } = make({
          breaker: ONE,
          attemptTimeoutMs: 200,
          ...(retry === undefined ? {} : { retry }),
        });
        // got 15 tries the error of an iterator again, with what is left of it.
        const own = retry === false ? { retry: { limit: 0 } } : {};
        for (let i = 0; i < 2; i++) {
          await expect(client.put(server.url(), { body: body() as never, ...own })).rejects.toThrow();
        }
        await nothingHeld(hooks);
        expect([stateOf(hooks), answersOf(hooks)]).toEqual(['closed', { success: 0, failure: 0, ignore: 2 }]);
      });
    }
  }

  const pipes: Record<string, (source: Readable, stream: Request) => void> = {
    pipeline: (source, stream) => void pipeline(source, stream).catch(() => undefined),
    pipe: (source, stream) => void source.on('error', () => undefined).pipe(stream),
  };
  for (const [how, pipe] of Object.entries(pipes)) {
    for (const source of [failingStream, closingStream]) {
      it(`says nothing of the host (${how} from a ${source.name})`, async () => {
        const { client, hooks } = make({ breaker: ONE, attemptTimeoutMs: 200 });
        const stream = client.stream.post(server.url());
        const ended = errorOf(stream);
        stream.once('request', () => pipe(source(), stream));
        await ended;
        await nothingHeld(hooks);
        expect([stateOf(hooks), answersOf(hooks)]).toEqual(['closed', { success: 0, failure: 0, ignore: 1 }]);
      });
    }
  }

  it('says nothing of the host where a browser leaves during its upload', async () => {
    const { client, hooks } = make({ breaker: ONE });
    const ends: Promise<unknown>[] = [];
    const front = createServer((request, response) => {
      ends.push(
        client.put(server.url(), { body: request }).then(
          () => response.end(),
          error => error,
        ),
      );
    });
    await new Promise<void>(resolve => front.listen(0, '127.0.0.1', resolve));
    const { port } = front.address() as AddressInfo;
    for (let i = 1; i <= 3; i++) {
      const browser = got.stream.put(`http://127.0.0.1:${port}`, { headers: { 'content-length': '1000' } });
      browser.on('error', () => undefined).write('part');
      await vi.waitFor(() => expect(ends).toHaveLength(i));
      browser.destroy();
    }
    expect(await Promise.all(ends)).toEqual(Array(3).fill(expect.objectContaining({ name: 'UploadError' })));
    expect(stateOf(hooks)).toBe('closed');
    front.close();
  });

  it('counts where the host cuts the upload instead', async () => {
    server.always(reset);
    const { client, hooks } = make({ breaker: ONE, retry: false });
    const body = Readable.from(['a', 'b']);
    await expect(client.put(server.url(), { body })).rejects.toThrow();
    expect(stateOf(hooks)).toBe('open');
  });

  it('counts where the host never answers a whole upload', async () => {
    server.always(hang);
    const { client, hooks } = make({ breaker: ONE, retry: false, attemptTimeoutMs: 100 });
    await expect(client.put(server.url(), { body: Readable.from(['a']) })).rejects.toThrow();
    expect(stateOf(hooks)).toBe('open');
  });
});
