/** The controller that handlers and interceptors get, beside undici's own: the same properties, settable where those are. */

import { gzipSync } from 'node:zlib';
import { hedge } from '@cutout/http';
import { staleIfError } from '@cutout/stale';
import { answer, reset, ScriptedServer } from '@cutout/testing';
import { Agent, type Dispatcher, interceptors, request } from 'undici';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { breakerInterceptor, type UndiciOptions } from './breaker-interceptor.ts';
import { CallController } from './call-controller.ts';
import type { Controller, Handler } from './handler.ts';

let server: ScriptedServer;
let agent: Agent;
beforeEach(async () => {
  server = await ScriptedServer.start(answer(200, { body: 'hello' }));
  agent = new Agent();
});
afterEach(async () => {
  await agent.destroy();
  await server.close();
});

const over = (options: UndiciOptions, ...outer: unknown[]): Dispatcher =>
  agent.compose([breakerInterceptor({ retry: { backoff: () => 1 }, ...options }), ...outer] as never);

/** As undici's own decompress() did from 8.0 to 8.10. */
const assigning = (kept: unknown[]) => (dispatch: Dispatcher['dispatch']) => (options: unknown, handler: Handler) => {
  const wrapped: Handler = {
    onRequestStart: (...all) => handler.onRequestStart?.(...all),
    onResponseStart: (controller, ...rest) => {
      controller.rawHeaders = ['x-b', '2'];
      controller.rawTrailers = null;
      kept.push(controller.rawHeaders, controller.rawTrailers);
      handler.onResponseStart?.(controller, ...rest);
    },
    onResponseData: (...all) => handler.onResponseData?.(...all),
    onResponseEnd: (...all) => handler.onResponseEnd?.(...all),
    onResponseError: (...all) => handler.onResponseError?.(...all),
  };
  return dispatch(options as never, wrapped as never);
};

const stale = { stale: staleIfError(), retry: false } as const;
const made = { status: 200, body: 'hello' };

describe.each<[string, UndiciOptions]>([
  ['of an attempt', {}],
  ['of a hedged attempt', { hedge: hedge({ delayMs: 1_000 }) }],
  ['of an answer that a fallback makes', { fallback: () => made, failureStatus: [200] }],
  ['of an answer from the store', stale],
])('the controller %s', (_, options) => {
  it('takes raw headers and trailers of an interceptor, and gives them back', async () => {
    const kept: unknown[] = [];
    const dispatcher = over(options, assigning(kept));
    const send = async (): Promise<string> => (await request(server.url(), { dispatcher })).body.text();
    expect(await send()).toBe('hello');
    if (options === stale) server.always(reset);
    expect(await send()).toBe('hello');
    expect(kept).toEqual([['x-b', '2'], null, ['x-b', '2'], null]);
  });
});

it.each([
  ['in', (each: never[]) => [...each].reverse()],
  ['out', (each: never[]) => each],
])('decompresses with undici, the breaker %sside', async (_, order) => {
  server.always(answer(200, { body: gzipSync('hello') as never, headers: { 'content-encoding': 'gzip' } }));
  const list = order([breakerInterceptor() as never, interceptors.decompress() as never]);
  const { body } = await request(server.url(), { dispatcher: agent.compose(list) });
  expect(await body.text()).toBe('hello');
});

describe('a controller', () => {
  const inner = (): Controller & { log: string[] } => {
    const log: string[] = [];
    return {
      log,
      aborted: false,
      reason: null,
      paused: false,
      rawHeaders: ['a', '1'],
      rawTrailers: [],
      abort: reason => log.push(`abort ${reason.message}`),
      pause: () => log.push('pause'),
      resume: () => log.push('resume'),
    };
  };
  const make = (): { controller: CallController; log: string[] } => {
    const log: string[] = [];
    return { controller: new CallController({ abortUnsent: ({ message }) => log.push(message) }), log };
  };

  it('shows the raw headers of each attempt, whatever was put in the place of those before', () => {
    const { controller } = make();
    expect([controller.rawHeaders, controller.rawTrailers]).toEqual([null, null]);
    controller.inner = inner();
    controller.rawHeaders = null;
    expect(controller.rawHeaders).toBeNull();
    controller.inner = inner();
    expect([controller.rawHeaders, controller.rawTrailers]).toEqual([['a', '1'], []]);
  });

  it('keeps a pause from one attempt to the next', () => {
    const { controller } = make();
    const [first, second] = [inner(), inner()];
    controller.inner = first;
    controller.pause();
    controller.inner = second;
    controller.resume();
    expect([first.log, second.log, controller.paused]).toEqual([['pause'], ['pause', 'resume'], false]);
  });

  it('hands an abort to the attempt, or else to the call, once', () => {
    const { controller, log } = make();
    controller.abort(new Error('early'));
    controller.abort(new Error('again'));
    expect([log, controller.aborted, controller.reason?.message]).toEqual([['early'], true, 'early']);
  });
});
