/** An outage on a real server, with a clock that is moved by hand, watched through everything that can be attached at once. */

import { BreakerRegistry } from '@cutout/core';
import { type CutoutFetch, createFetch } from '@cutout/fetch';
import { bulkhead, createHttpPolicy, type HttpEvent } from '@cutout/http';
import { instrument } from '@cutout/opentelemetry';
import { collectMetrics } from '@cutout/prometheus';
import { answer, hang, reset, ScriptedServer, ManualClock } from '@cutout/testing';
import { Registry } from 'prom-client';
import { OpenTelemetry } from './open-telemetry.ts';
import { parse, type Scraped, textOver } from './scrape.ts';

export interface Outage extends AsyncDisposable {
  readonly server: ScriptedServer;
  readonly clock: ManualClock;
  readonly registry: Registry;
  readonly events: readonly HttpEvent[];
  readonly openTelemetry: OpenTelemetry;
  /** What prom-client's registry answers to a scrape. */
  scrape(): Promise<Scraped[]>;
  /** Four good calls, then one of two failures, one of a third that opens the circuit, and five refusals. */
  begin(): Promise<void>;
  /** 10 seconds later: two probes that succeed, and three more calls, one of them with a broken connection before. */
  end(): Promise<void>;
  /**
   * A call that its caller gives up, then three failures as before; 10 seconds later a probe that fails, and after 2.5
   * seconds three refusals.
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
  const call = caller(createFetch(policy), server);
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

/** Makes that many calls one after another, and reads what comes. */
function caller(fetch: CutoutFetch, server: ScriptedServer): (times: number, signal?: AbortSignal) => Promise<void> {
  return async (times, signal) => {
    for (let i = 0; i < times; i++) {
      const response = await fetch(server.url(), signal ? { signal } : {}).catch(() => undefined);
      await response?.arrayBuffer();
    }
  };
}
