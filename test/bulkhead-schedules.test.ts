import { bulkhead } from '@cutout/http';
import {
  answer,
  breakBody,
  type ClientRequest,
  type ClientUnderTest,
  hang,
  reset,
  ScriptedServer,
  type Step,
} from '@cutout/testing';
import { describe, it } from 'vitest';
import { axiosClient } from './conformance/axios.ts';
import { fetchClient } from './conformance/fetch.ts';
import { gotClient } from './conformance/got.ts';
import { undiciClient } from './conformance/undici.ts';
import { Draw } from './model/draw.ts';

const ADAPTERS = { fetch: fetchClient, axios: axiosClient, got: gotClient, undici: undiciClient };
const SCHEDULES = 50;
const CALLS = 10;
const PLACES = 3;
const STEPS: readonly Step[] = [
  answer(200, { body: 'good' }),
  answer(200, { body: 200_000 }),
  answer(204),
  answer(503, { body: 'busy', delayMs: 2 }),
  answer(503, { body: 100_000 }),
  reset,
  hang,
  breakBody('reset'),
  breakBody('close', { status: 503 }),
  breakBody('hang'),
];

const requestTo = (url: string, signal?: AbortSignal): ClientRequest => ({
  url,
  method: 'GET',
  headers: {},
  body: undefined,
  signal,
  cutout: undefined,
});

/** One call: it may be aborted at any time, and its body read, aborted or discarded. */
async function live(client: ClientUnderTest, url: string, draw: Draw, abort: AbortController): Promise<void> {
  const limit = setTimeout(() => abort.abort(), draw.int(0, 60));
  try {
    const answered = await client.send(requestTo(url, abort.signal));
    if (draw.chance(0.7)) await answered.text();
    else await answered.discard();
  } catch {
    // Refused, failed or aborted, by chance.
  } finally {
    clearTimeout(limit);
  }
}

async function open(adapter: keyof typeof ADAPTERS, draw: Draw): Promise<ClientUnderTest> {
  return ADAPTERS[adapter]({
    bulkhead: bulkhead({
      maxConcurrent: PLACES,
      maxQueue: draw.int(0, CALLS),
      ...(draw.chance(0.5) ? { queueTimeoutMs: draw.int(1, 30) } : {}),
    }),
    ...(draw.chance(0.5) ? { attemptTimeoutMs: draw.int(5, 40) } : {}),
    ...(draw.chance(0.3) ? { totalTimeoutMs: draw.int(5, 80) } : {}),
    retry: draw.chance(0.5) ? false : { backoff: () => 1, budget: false },
    breaker: { mode: 'off' },
  });
}

/** Waits event loop turns until the condition holds, or until the runner's limit. */
async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise(resolve => setTimeout(resolve, 1));
}

/** Finally all bulkhead permits are free at once: a client may take some turns to release aborted calls. */
async function expectAllFree(client: ClientUnderTest, server: ScriptedServer): Promise<void> {
  while (!(await allFree(client, server))) await new Promise(resolve => setTimeout(resolve, 5));
}

async function allFree(client: ClientUnderTest, server: ScriptedServer): Promise<boolean> {
  server.requests.length = 0;
  server.always(hang);
  const abort = new AbortController();
  let refused = 0;
  const stop = client.policy.subscribe(({ type }) => {
    if (type === 'bulkhead-rejected') refused += 1;
  });
  const held = Array.from({ length: PLACES }, () =>
    client.send({
      ...requestTo(server.url('/free'), abort.signal),
      cutout: { retry: false, attemptTimeoutMs: 10_000 },
    }),
  );
  const ends = Promise.allSettled(held);
  // Requests of aborted calls may still be in flight.
  const arrived = (): number => server.requests.filter(({ path }) => path === '/free').length;
  await until(() => arrived() === PLACES || refused > 0);
  stop();
  abort.abort();
  await ends;
  return refused === 0;
}

describe.each(Object.keys(ADAPTERS) as (keyof typeof ADAPTERS)[])('behind %s', adapter => {
  it(`${SCHEDULES} random schedules leave no permit held and no request on the wire`, async () => {
    await using server = await ScriptedServer.start();
    for (let schedule = 0; schedule < SCHEDULES; schedule++) {
      const draw = new Draw(6, schedule);
      server.always(() => draw.pick(STEPS));
      const client = await open(adapter, draw);
      const aborts = Array.from({ length: CALLS }, () => new AbortController());
      await Promise.all(aborts.map(abort => live(client, server.url(), draw, abort)));
      await until(() => server.busySockets === 0);
      await expectAllFree(client, server);
      await client.close?.();
    }
  }, 60_000);
});
