import { subscribe, tracingChannel, unsubscribe } from 'node:diagnostics_channel';
import { createFetch } from '@cutout/fetch';
import { createHttpPolicy, type HttpPolicy } from '@cutout/http';
import { answer, ScriptedServer } from '@cutout/testing';
import { breakerInterceptor } from '@cutout/undici';
import { Agent, request } from 'undici';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type CallMessage, publishDiagnostics } from './publish-diagnostics.ts';

let server: ScriptedServer;
const undo: (() => unknown)[] = [];
beforeEach(async () => {
  server = await ScriptedServer.start();
});
afterEach(async () => {
  for (const each of undo.splice(0)) await each();
  await server.close();
});

/** Collects the messages of a plain channel. */
function listen(name: string): unknown[] {
  const received: unknown[] = [];
  const listener = (message: unknown): void => void received.push(message);
  subscribe(name, listener);
  undo.push(() => unsubscribe(name, listener));
  return received;
}

/** Collects the messages of the tracing channel, as `channel result`. */
function listenToCalls(): { published: string[]; messages: Set<CallMessage> } {
  const published: string[] = [];
  const messages = new Set<CallMessage>();
  const collect = (name: string) => (message: CallMessage) => {
    published.push(`${name} ${message.result ?? ''}`.trim());
    messages.add(message);
  };
  const names = ['start', 'end', 'asyncStart', 'asyncEnd', 'error'] as const;
  const handlers = Object.fromEntries(names.map(name => [name, collect(name)])) as never;
  const channel = tracingChannel<CallMessage, CallMessage>('cutout.call');
  channel.subscribe(handlers);
  undo.push(() => channel.unsubscribe(handlers));
  return { published, messages };
}

const make = (): HttpPolicy => createHttpPolicy({ retry: { backoff: () => 0 }, breaker: { failures: 2 } });

const adapters: Record<string, (policy: HttpPolicy) => (url: string) => Promise<unknown>> = {
  fetch: policy => {
    const fetch = createFetch(policy);
    return async url => (await fetch(url)).text();
  },
  undici: policy => {
    const agent = new Agent();
    undo.push(() => agent.destroy());
    const dispatcher = agent.compose(breakerInterceptor(policy) as never);
    return async url => (await request(url, { dispatcher })).body.text();
  },
};

describe.each(Object.keys(adapters))('behind %s', adapter => {
  it('an outage is published on all channels', async () => {
    const policy = make();
    undo.push(publishDiagnostics(policy));
    const [transitions, rejected, retries] = ['transition', 'rejected', 'retry'].map(name => listen(`cutout:${name}`));
    const { published, messages } = listenToCalls();
    const send = (adapters[adapter] as (typeof adapters)[string])(policy);
    await send(server.url());
    server.always(answer(503));
    for (let i = 0; i < 2; i++) await send(server.url()).catch(() => undefined);
    const key = server.origin;
    expect(transitions).toMatchObject([{ type: 'transition', key, from: 'closed', to: 'open', reason: 'consecutive' }]);
    expect(retries).toEqual([{ key, method: 'GET', attempt: 2 }]);
    expect(rejected).toMatchObject([{ key, method: 'GET', error: { code: 'ERR_CIRCUIT_OPEN' } }]);
    expect(published).toEqual([
      ...['start', 'end', 'asyncStart first-try', 'asyncEnd first-try'],
      ...['start', 'end', 'error failed', 'asyncStart failed', 'asyncEnd failed'],
      ...['start', 'end', 'error refused', 'asyncStart refused', 'asyncEnd refused'],
    ]);
    expect(messages.size).toBe(3);
  });
});

it('without subscribers the observer is inactive, and is not called', async () => {
  const policy = make();
  const observe = vi.spyOn(policy, 'observe');
  undo.push(publishDiagnostics(policy));
  const [[observer]] = observe.mock.calls as unknown as [[{ active: boolean }]];
  expect(observer.active).toBe(false);
  listen('cutout:retry');
  expect(observer.active).toBe(true);
});

it('publishes nothing after its end', async () => {
  const policy = make();
  const stop = publishDiagnostics(policy);
  const transitions = listen('cutout:transition');
  const { published } = listenToCalls();
  stop();
  policy.breaker(server.origin).isolate();
  await createFetch(policy)(server.url()).catch(() => undefined);
  expect([transitions, published]).toEqual([[], []]);
});

it('refuses an adapter in place of its policy', () => {
  expect(() => publishDiagnostics(createFetch() as never)).toThrow(
    'policy must be a policy, got what createFetch returned: pass its .policy',
  );
});
