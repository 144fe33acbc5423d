/** An outage on a real server, with a manual clock and every observer attached. */

import { BreakerRegistry } from '@cutout/core';
import { type CutoutFetch, createFetch } from '@cutout/fetch';
import { bulkhead, createHttpPolicy, type HttpEvent } from '@cutout/http';
import { instrument } from '@cutout/opentelemetry';
import { collectMetrics } from '@cutout/prometheus';
import { answer, hang, ManualClock, reset, ScriptedServer } from '@cutout/testing';
import { Registry } from 'prom-client';
import { OpenTelemetry } from './open-telemetry.ts';
import { parse, type Scraped, textOver } from './scrape.ts';

export interface Outage extends AsyncDisposable {
  readonly server: ScriptedServer;
  readonly clock: ManualClock;
  readonly registry: Registry;
  readonly events: readonly HttpEvent[];
  readonly openTelemetry: OpenTelemetry;
  /** The scrape of prom-client's registry. */
  scrape(): Promise<Scraped[]>;
  /** Four successful calls, one with two failures, one with a third failure that opens the circuit, and five refusals. */
  begin(): Promise<void>;
  /** 10 seconds later: two successful probes, and three more calls, one of them retried after a broken connection. */
  end(): Promise<void>;
  /**
   * A call that its caller aborts, then three failures as before; 10 seconds later a failing probe, and after 2.5 seconds three
   * refusals.
   */
  relapse(): Promise<void>;
}

export async function outage(): Promise<Outage> {
  const server = await ScriptedServer.start(answer(200));
  const clock = new ManualClock();
  const breakers = new BreakerRegistry({
    // Its timers are real.
    clock: { now: () => clock.now() },
    breaker: { failures: 3, openDurationMs: 10_000 },
  });
  const policy = createHttpPolicy({
    name: 'shop',
    registry: breakers,
    bulkhead: bulkhead({ maxConcurrent: 8 }),
    retry: { maxRetries: 1, backoff: () => 0 },
  });
  const registry = new Registry();
  const openTelemetry = new OpenTelemetry();
  const events: HttpEvent[] = [];
  policy.subscribe(event => events.push(event));
  collectMetrics(policy, { registry });
  instrument(policy, { meter: openTelemetry.meter });
  // Each answer takes some time of that clock.
  const slow: typeof fetch = async (...request) => {
    const response = await fetch(...request);
    clock.advance(2);
    return response;
  };
  const call = caller(createFetch(policy, { fetch: slow }), server);
  return {
    server,
    clock,
    registry,
    events,
    openTelemetry,
    async scrape() {
      return parse(await textOver(async (_, response) => response.end(await registry.metrics())));
    },
    async begin() {
      await call(4);
      server.always(answer(503));
      await call(2);
      clock.advance(4_000);
      await call(5);
    },
    async end() {
      clock.advance(6_000);
      server.always(answer(200));
      await call(2);
      server.next(reset);
      await call(3);
    },
    async relapse() {
      const caller = new AbortController();
      server.always(() => {
        caller.abort();
        return hang;
      });
      await call(1, caller.signal);
      server.always(answer(503));
      await call(2);
      clock.advance(10_000);
      await call(1);
      clock.advance(2_500);
      await call(3);
    },
    async [Symbol.asyncDispose]() {
      await openTelemetry[Symbol.asyncDispose]();
      await server.close();
    },
  };
}

/** Makes calls one after another, and reads their answers. */
function caller(fetch: CutoutFetch, server: ScriptedServer): (times: number, signal?: AbortSignal) => Promise<void> {
  return async (times, signal) => {
    for (let i = 0; i < times; i++) {
      const response = await fetch(server.url(), signal ? { signal } : {}).catch(() => undefined);
      await response?.arrayBuffer();
    }
  };
}
