import { attachBreaker } from '@cutout/axios';
import { createFetch } from '@cutout/fetch';
import { breakerHooks } from '@cutout/got';
import { createHttpPolicy, type HttpPolicy, hedge } from '@cutout/http';
import { answer, hang, ScriptedServer } from '@cutout/testing';
import { breakerInterceptor } from '@cutout/undici';
import { context, type Span, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base';
import axios from 'axios';
import got from 'got';
import { Agent, request } from 'undici';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { instrument } from './instrument.ts';

type Send = (url: string) => Promise<unknown>;

let server: ScriptedServer;
const undo: (() => unknown)[] = [];
const exporter = new InMemorySpanExporter();
const tracer = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }).getTracer('test');

beforeEach(async () => {
  exporter.reset();
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  server = await ScriptedServer.start();
});
afterEach(async () => {
  for (const each of undo.splice(0)) await each();
  context.disable();
  await server.close();
});

const adapters: Record<string, (policy: HttpPolicy) => Send> = {
  fetch: policy => {
    const fetch = createFetch(policy);
    return async url => (await fetch(url)).text();
  },
  axios: policy => {
    const client = axios.create();
    undo.push(attachBreaker(client, policy));
    return url => client.get(url);
  },
  got: policy => {
    const client = got.extend(breakerHooks(policy));
    return url => client(url).text();
  },
  undici: policy => {
    const agent = new Agent();
    undo.push(() => agent.destroy());
    const dispatcher = agent.compose(breakerInterceptor(policy) as never);
    return async url => (await request(url, { dispatcher })).body.text();
  },
};

/** Sends a request inside a span of the caller. */
async function underASpan(send: Send): Promise<Span> {
  const parent = tracer.startSpan('job');
  await context.with(trace.setSpan(context.active(), parent), () => send(server.url()).catch(() => undefined));
  return parent;
}

const parentsOf = (spans: readonly ReadableSpan[]): unknown[] => spans.map(span => span.parentSpanContext?.spanId);

describe.each(Object.entries(adapters))('behind %s', (_name, adapter) => {
  it('attempts and refusals are children of the span of the caller', async () => {
    const policy = createHttpPolicy({
      retry: { maxRetries: 3, backoff: () => 0 },
      breaker: { failures: 3 },
    });
    undo.push(instrument(policy, { tracer }));
    server.always(answer(503));
    const send = adapter(policy);
    const parent = await underASpan(send);
    const other = await underASpan(send);
    const spans = exporter.getFinishedSpans();
    expect(spans.map(({ attributes }) => [attributes['cutout.attempt'], attributes['error.type']])).toEqual([
      [1, '503'],
      [2, '503'],
      [3, '503'],
      [undefined, 'circuit_open'],
    ]);
    const { spanId } = parent.spanContext();
    expect(parentsOf(spans)).toEqual([spanId, spanId, spanId, other.spanContext().spanId]);
  });
});

describe.each(Object.entries(adapters).filter(([name]) => name !== 'got'))('behind %s', (_name, adapter) => {
  it('a hedge has a marked span, beside the first, which is cancelled', async () => {
    const policy = createHttpPolicy({ retry: false, hedge: hedge({ delayMs: 20, minimumSamples: 0 }) });
    undo.push(instrument(policy, { tracer }));
    server.next(hang, answer(200));
    const parent = await underASpan(adapter(policy));
    const spans = exporter.getFinishedSpans();
    const shown = spans.map(({ attributes }) => [
      attributes['cutout.hedge'] ?? false,
      attributes['cutout.cancelled'] ?? false,
      attributes['http.response.status_code'],
    ]);
    expect(shown).toHaveLength(2);
    expect(shown).toContainEqual([false, true, undefined]);
    expect(shown).toContainEqual([true, false, 200]);
    const { spanId } = parent.spanContext();
    expect(parentsOf(spans)).toEqual([spanId, spanId]);
  });
});
