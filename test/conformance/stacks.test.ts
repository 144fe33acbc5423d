/** One request is guarded once: a stack of adapters behaves like its outermost one alone. */

import { BreakerRegistry } from '@cutout/core';
import { createHttpPolicy, type HttpPolicyOptions } from '@cutout/http';
import { answer, type ClientRequest, describeAdapter, ScriptedServer } from '@cutout/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { STACKS, type Stack } from './stacks.ts';

let server: ScriptedServer;
beforeEach(async () => {
  server = await ScriptedServer.start(answer(503));
});
afterEach(() => server.close());

const get = (): ClientRequest => ({
  url: server.url(),
  method: 'GET',
  headers: {},
  body: undefined,
  signal: undefined,
  cutout: undefined,
});

const sharing =
  ({ build }: Stack) =>
  (options: HttpPolicyOptions) => {
    const policy = createHttpPolicy(options);
    return { policy, ...build(policy, policy) };
  };

for (const stack of STACKS) {
  describeAdapter(`${stack.name}, with one policy`, sharing(stack), stack.capabilities, { describe, it });

  it(`${stack.name}, each with its own policy: the inner one is bypassed`, async () => {
    const events: unknown[] = [];
    const outer = createHttpPolicy({ retry: { maxRetries: 2, backoff: () => 1 } });
    const inner = createHttpPolicy({ retry: { maxRetries: 2, backoff: () => 1 } });
    inner.subscribe(event => events.push(event));
    const { send, close } = stack.build(outer, inner);
    try {
      const { status, text } = await send(get());
      await text();
      expect(status).toBe(503);
    } finally {
      await close?.();
    }
    // Three attempts of the outer adapter. An inner one that did not know it would have made nine.
    const known = stack.name.includes('function of yours');
    expect(server.requests).toHaveLength(3);
    expect(events).toHaveLength(known ? events.length : 0);
  });
}

it('a circuit with a single probe closes again behind every stack', async () => {
  for (const stack of STACKS) {
    const clock = { now: () => at };
    let at = 0;
    const registry = new BreakerRegistry({
      clock,
      breaker: { failures: 1, halfOpen: { maxCalls: 1 } },
    });
    const { policy, send, close } = sharing(stack)({ retry: false, registry });
    server.always(answer(503));
    await (await send(get())).text();
    at = 60_000;
    server.always(answer(200));
    expect((await send(get())).status, stack.name).toBe(200);
    expect(policy.breaker(server.origin).state, stack.name).toBe('closed');
    await close?.();
  }
});
