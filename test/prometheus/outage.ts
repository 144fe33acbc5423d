/** An outage on a real server, with a clock that is moved by hand, watched through a scrape and through the event log. */

import { BreakerRegistry } from '@cutout/core';
import { type CutoutFetch, createFetch } from '@cutout/fetch';
import { createHttpPolicy, type HttpEvent } from '@cutout/http';
import { collectMetrics } from '@cutout/prometheus';
import { answer, ManualClock, reset, ScriptedServer } from '@cutout/testing';
import { Registry } from 'prom-client';

export interface Outage extends AsyncDisposable {
  readonly server: ScriptedServer;
  readonly registry: Registry;
  readonly events: readonly HttpEvent[];
  /** Four good calls, then one of two failures, one of a third that opens the circuit, and five refusals. */
  begin(): Promise<void>;
  /** 10 seconds later: two probes that succeed, and three more calls, one of them with a broken connection before. */
  end(): Promise<void>;
}

export async function outage(): Promise<Outage> {
  const server = await ScriptedServer.start(answer(200));
  const clock = new ManualClock();
  const breakers = new BreakerRegistry({
    clock,
    breaker: { trip: { type: 'consecutive', failures: 3 }, openDurationMs: 10_000 },
  });
  const policy = createHttpPolicy({
    name: 'shop',
    registry: breakers,
    maxConcurrent: 8,
    retry: { maxRetries: 1, backoff: () => 0 },
  });
  const registry = new Registry();
  const events: HttpEvent[] = [];
  policy.subscribe(event => events.push(event));
  collectMetrics(policy, { registry });
  const call = caller(createFetch(policy), server);
  return {
    server,
    registry,
    events,
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
    [Symbol.asyncDispose]: () => server.close(),
  };
}

/** Makes that many calls one after another, and reads what comes. */
function caller(fetch: CutoutFetch, server: ScriptedServer): (times: number) => Promise<void> {
  return async times => {
    for (let i = 0; i < times; i++) {
      const response = await fetch(server.url()).catch(() => undefined);
      await response?.arrayBuffer();
    }
  };
}
