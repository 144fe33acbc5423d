/** undici's own retries over the breaker and under it: one call never costs more requests than the larger of the two. */

import { answer, reset, ScriptedServer } from '@cutout/testing';
import { Agent, type Dispatcher, interceptors, RetryAgent, request } from 'undici';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { breakerInterceptor } from './breaker-interceptor.ts';

let server: ScriptedServer;
let agent: Agent;
beforeEach(async () => {
  server = await ScriptedServer.start(answer(503));
  agent = new Agent();
});
afterEach(async () => {
  await agent.destroy();
  await server.close();
});

const theirs = { maxRetries: 3, minTimeout: 1, throwOnError: true };
const kept = { ...theirs, throwOnError: false };
const never = { failures: 100 } as const;
const ours = (): never => breakerInterceptor({ retry: { backoff: () => 1 }, breaker: never }) as never;
/** An interceptor of undici's that hides the handler above it. */
const hiding = (): never => interceptors.dump({ maxSize: 1_000 }) as never;

const stacks: Record<string, () => Dispatcher> = {
  'a RetryAgent below': () => new RetryAgent(agent, theirs).compose(ours()),
  'a RetryAgent below that hands on the last answer': () => new RetryAgent(agent, kept).compose(ours()),
  'interceptors.retry below': () => agent.compose([interceptors.retry(theirs) as never, ours()]),
  'interceptors.retry below another': () => agent.compose([interceptors.retry(kept) as never, hiding(), ours()]),
  'a RetryAgent above': () => new RetryAgent(agent.compose(ours()), theirs),
  'interceptors.retry above': () => agent.compose([ours(), interceptors.retry(theirs) as never]),
  'interceptors.retry above another': () => agent.compose([ours(), hiding(), interceptors.retry(theirs) as never]),
  'a RetryAgent above another': () => new RetryAgent(agent.compose([ours(), hiding()]), theirs),
};

describe.each(Object.entries(stacks))('%s', (_, make) => {
  it('makes four requests of one call to a host that fails', async () => {
    const dispatcher = make();
    for (let call = 1; call <= 2; call++) {
      await request(server.url(), { dispatcher }).then(
        ({ body }) => body.dump(),
        () => undefined,
      );
      expect(server.requests.length).toBe(4 * call);
    }
  });
});

it('leaves our own retries alone where undici has none, and follows redirects beside them', async () => {
  const dispatcher = agent.compose([interceptors.redirect({ maxRedirections: 1 }) as never, ours()]);
  await (await request(server.url(), { dispatcher })).body.dump();
  expect(server.requests.length).toBe(3);
  server.always(({ path }) => (path === '/from' ? answer(302, { headers: { location: server.url('/to') } }) : reset));
  await request(server.url('/from'), { dispatcher }).catch(() => undefined);
  expect(server.requests.filter(({ path }) => path === '/from').length).toBe(3);
});

describe('a hook that throws nothing at all', () => {
  const throwing = (): never =>
    breakerInterceptor({
      retryStatus: () => {
        throw undefined;
      },
    }) as never;

  it.each([
    ['alone', () => agent.compose(throwing())],
    ['under interceptors.retry', () => agent.compose([throwing(), interceptors.retry(theirs) as never])],
    ['under a RetryAgent', () => new RetryAgent(agent.compose(throwing()), theirs)],
  ])('ends the call with an error, %s', async (_, make) => {
    await expect(request(server.url(), { dispatcher: make() })).rejects.toThrow(
      '[@cutout/undici] the call ended with undefined in place of an error',
    );
  });
});
