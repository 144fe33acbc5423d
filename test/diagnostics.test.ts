/** What every adapter publishes on Node's diagnostics channels, and that it creates nothing without subscribers. */

import { channel, tracingChannel } from 'node:diagnostics_channel';
import { publishDiagnostics } from '@cutout/diagnostics';
import { answer, type ClientUnderTest, ScriptedServer } from '@cutout/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { axiosClient } from './conformance/axios.ts';
import { fetchClient } from './conformance/fetch.ts';
import { gotClient } from './conformance/got.ts';
import { builtInFetchClient, undiciClient } from './conformance/undici.ts';

const ADAPTERS = {
  fetch: fetchClient,
  axios: axiosClient,
  got: gotClient,
  undici: undiciClient,
  'the built-in fetch through undici': builtInFetchClient,
};

let server: ScriptedServer;
const undo: (() => unknown)[] = [];
beforeEach(async () => {
  server = await ScriptedServer.start();
});
afterEach(async () => {
  for (const each of undo.splice(0)) await each();
  await server.close();
});

const CHANNELS = [
  ...['cutout:transition', 'cutout:rejected', 'cutout:retry'],
  ...['start', 'asyncEnd', 'error'].map(step => `tracing:cutout.call:${step}`),
];

/** Collects everything published from now on, as `channel what`. */
function listen(): string[] {
  const published: string[] = [];
  for (const name of CHANNELS) {
    const receive = (message: unknown): void => {
      const { to, attempt, result, error } = message as Record<string, unknown>;
      const what = to ?? attempt ?? result ?? (error as { code?: string } | undefined)?.code ?? '';
      published.push(`${name.replace('tracing:cutout.call:', '')} ${what}`.trim());
    };
    channel(name).subscribe(receive);
    undo.push(() => channel(name).unsubscribe(receive));
  }
  return published;
}

async function send(client: ClientUnderTest): Promise<void> {
  const request = {
    url: server.url(),
    method: 'GET',
    headers: {},
    body: undefined,
    signal: undefined,
    cutout: undefined,
  };
  await client.send(request).then(
    answered => answered.text(),
    () => undefined,
  );
}

describe.each(Object.entries(ADAPTERS))('%s', (_name, open) => {
  const start = async (): Promise<ClientUnderTest> => {
    const client = await open({
      retry: { backoff: () => 0 },
      breaker: { failures: 3 },
    });
    undo.push(() => client.close?.());
    undo.push(publishDiagnostics(client.policy));
    return client;
  };

  it('publishes a retry, the opening circuit, and a refusal', async () => {
    const client = await start();
    const published = listen();
    await send(client);
    server.always(answer(503));
    await send(client);
    await send(client);
    expect(published).toEqual([
      ...['start', 'asyncEnd first-try'],
      ...['start', 'cutout:retry 2', 'cutout:retry 3', 'cutout:transition open', 'error failed', 'asyncEnd failed'],
      ...['start', 'cutout:rejected ERR_CIRCUIT_OPEN', 'error refused', 'asyncEnd refused'],
    ]);
  });

  it('publishes nothing from before the first subscriber', async () => {
    const client = await start();
    await send(client);
    const published = listen();
    expect(tracingChannel('cutout.call').hasSubscribers).toBe(true);
    await send(client);
    expect(published).toEqual(['start', 'asyncEnd first-try']);
  });
});
