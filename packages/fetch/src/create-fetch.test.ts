import { setTimeout as sleep } from 'node:timers/promises';
import { BreakerRegistry, type CircuitOpenError, isCircuitOpenError } from '@cutout/core';
import { createHttpPolicy, type HttpPolicyOptions } from '@cutout/http';
import { answer, breakBody, close, drip, hang, ManualClock, reset, ScriptedServer, type Step } from '@cutout/testing';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type CutoutFetch, createFetch } from './create-fetch.ts';

/** Retries that do not make a test wait. */
const quick = { backoff: () => 1 };

let server: ScriptedServer;
beforeEach(async () => {
  server = await ScriptedServer.start();
});
afterEach(() => server.close());

/** A fetch whose circuits live by a clock that the test moves, while its timers are real. */
function byHand(options: HttpPolicyOptions<Response> = {}): { fetch: CutoutFetch; clock: ManualClock } {
  const clock = new ManualClock();
  const { breaker, ...rest } = options;
  const registry = new BreakerRegistry({ clock: { now: () => clock.now() }, ...(breaker ? { breaker } : {}) });
  return { fetch: createFetch({ retry: quick, ...rest, registry }), clock };
}

const stateOf = (fetch: CutoutFetch): string => fetch.policy.breaker(server.origin).state;
const wire = (): number => server.requests.length;

async function rejection(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    value => expect.unreachable(`resolved with ${String(value)}`),
    error => error,
  );
}

describe('a host that answers 503', () => {
  it('opens the circuit with the fifth, and the sixth call is refused without a word on the wire', async () => {
    server.always(answer(503, { body: 'sorry' }));
    const { fetch, clock } = byHand({ retry: false });
    for (let i = 0; i < 5; i++) {
      const response = await fetch(server.url());
      expect([response.status, await response.text()]).toEqual([503, 'sorry']);
    }
    clock.advance(1_000);
    const error = (await rejection(fetch(server.url('/other')))) as CircuitOpenError;
    expect(error).toMatchObject({ name: 'CircuitOpenError', key: server.origin, retryAfterMs: 59_000, state: 'open' });
    expect(error.cause).toMatchObject({ status: 503 });
    expect(wire()).toBe(5);
  });

  it('opens it during the second call where retries are on; each call gets its real 503 whole', async () => {
    server.always(answer(503, { body: 'x'.repeat(3_000) }));
    const { fetch } = byHand();
    for (const requests of [3, 5]) {
      const response = await fetch(server.url());
      expect([response.status, (await response.text()).length]).toEqual([503, 3_000]);
      expect(wire()).toBe(requests);
    }
    expect(isCircuitOpenError(await rejection(fetch(server.url())))).toBe(true);
    expect(wire()).toBe(5);
  });

  it('leaves another port of the same host alone', async () => {
    await using neighbour = await ScriptedServer.start();
    server.always(answer(503));
    const { fetch } = byHand({ retry: false });
    for (let i = 0; i < 6; i++) await fetch(server.url()).catch(() => undefined);
    expect(stateOf(fetch)).toBe('open');
    expect((await fetch(neighbour.url())).status).toBe(200);
  });

  it('is asked again after the open time, and two good calls close the circuit', async () => {
    server.always(answer(503));
    const { fetch, clock } = byHand({ retry: false });
    for (let i = 0; i < 5; i++) await fetch(server.url());
    server.always(answer(200));
    clock.advance(59_999);
    await rejection(fetch(server.url()));
    clock.advance(1);
    await fetch(server.url());
    expect(stateOf(fetch)).toBe('half-open');
    await fetch(server.url());
    expect(stateOf(fetch)).toBe('closed');
  });

  it('is asked again when it said', async () => {
    server.always(answer(503, { headers: { 'retry-after': '7' } }));
    const { fetch, clock } = byHand({ retry: false });
    for (let i = 0; i < 5; i++) await fetch(server.url());
    expect(await rejection(fetch(server.url()))).toMatchObject({ retryAfterMs: 7_000 });
    server.always(answer(200));
    clock.advance(7_000);
    expect((await fetch(server.url())).status).toBe(200);
  });
});

describe('late answers', () => {
  it('of a call admitted before the trip change nothing', async () => {
    const { fetch } = byHand({ retry: false });
    server.next(answer(200, { delayMs: 500, body: 'late' }));
    const late = fetch(server.url());
    await vi.waitFor(() => expect(wire()).toBe(1));
    server.always(answer(503));
    for (let i = 0; i < 5; i++) await fetch(server.url());
    expect(await (await late).text()).toBe('late');
    expect(stateOf(fetch)).toBe('open');
  });

  it('of a probe whose lease has ended change nothing, and it cannot hold the circuit half-open', async () => {
    const { fetch, clock } = byHand({ retry: false, breaker: { halfOpen: { maxCalls: 1 } } });
    server.always(answer(503));
    for (let i = 0; i < 5; i++) await fetch(server.url());
    clock.advance(60_000);
    const controller = new AbortController();
    server.always(hang);
    const probe = rejection(fetch(server.url(), { signal: controller.signal }));
    await vi.waitFor(() => expect(wire()).toBe(6));
    expect(await rejection(fetch(server.url()))).toMatchObject({ state: 'half-open', retryAfterMs: 30_000 });
    clock.advance(30_000);
    expect(await rejection(fetch(server.url()))).toMatchObject({ state: 'open', retryAfterMs: 60_000 });
    clock.advance(60_000);
    server.always(answer(200));
    expect((await fetch(server.url())).status).toBe(200);
    controller.abort();
    await probe;
    expect(stateOf(fetch)).toBe('closed');
  });

  it("of the only probe's abort neither close nor open the circuit, and free its place", async () => {
    const { fetch, clock } = byHand({ retry: false, breaker: { halfOpen: { maxCalls: 1 } } });
    server.always(answer(503));
    for (let i = 0; i < 5; i++) await fetch(server.url());
    clock.advance(60_000);
    server.always(hang);
    const controller = new AbortController();
    const probe = rejection(fetch(server.url(), { signal: controller.signal }));
    await vi.waitFor(() => expect(wire()).toBe(6));
    controller.abort('enough');
    expect(await probe).toBe('enough');
    expect(stateOf(fetch)).toBe('half-open');
    server.always(answer(200));
    await fetch(server.url());
    expect(stateOf(fetch)).toBe('closed');
  });
});

describe('a connection that fails', () => {
  const kinds: [what: string, step: Step][] = [
    ['reset before the headers', reset],
    ['closed before the headers', close],
  ];
  for (const [what, step] of kinds) {
    it(`${what}: a GET is tried again, a POST is sent once`, async () => {
      server.always(step);
      const { fetch } = byHand();
      const error = (await rejection(fetch(server.url()))) as Error;
      expect(error).toBeInstanceOf(TypeError);
      expect(error.message).toBe('fetch failed');
      expect(wire()).toBe(3);
      await rejection(fetch(server.url(), { method: 'POST', body: 'x' }));
      expect(wire()).toBe(4);
    });
  }

  it('refused: tried again whatever the method, and opens the circuit', async () => {
    await server.close();
    const { fetch } = byHand();
    const events: string[] = [];
    fetch.policy.subscribe(event => events.push(event.type));
    expect(await rejection(fetch(server.url(), { method: 'POST', body: 'x' }))).toBeInstanceOf(TypeError);
    expect(events.filter(type => type === 'retry')).toHaveLength(2);
    await rejection(fetch(server.url()));
    expect(stateOf(fetch)).toBe('open');
  });

  it('hangs: the attempt times out, is tried again, and counts', async () => {
    server.next(hang);
    const { fetch } = byHand({ attemptTimeoutMs: 100 });
    expect((await fetch(server.url())).status).toBe(200);
    server.always(hang);
    expect(await rejection(fetch(server.url()))).toMatchObject({ name: 'TimeoutError', code: 'ERR_ATTEMPT_TIMEOUT' });
    expect(await rejection(fetch(server.url(), { cutout: { totalTimeoutMs: 50 } }))).toMatchObject({
      code: 'ERR_TOTAL_TIMEOUT',
    });
    expect(await rejection(fetch(server.url(), { signal: AbortSignal.timeout(50) }))).toMatchObject({
      name: 'TimeoutError',
      code: 23,
    });
    expect(stateOf(fetch)).toBe('open');
  });
});

describe('a body that breaks after good headers', () => {
  const consumers: [how: string, read: (response: Response) => Promise<unknown>][] = [
    ['text()', r => r.text()],
    ['json()', r => r.json()],
    ['arrayBuffer()', r => r.arrayBuffer()],
    ['bytes()', r => (r as Response & { bytes(): Promise<unknown> }).bytes()],
    ['blob()', r => r.blob()],
    ['clone().text()', r => r.clone().text()],
    ['getReader()', async r => drain((r.body as ReadableStream).getReader())],
    ['for await', async r => collect(r.body as unknown as AsyncIterable<unknown>)],
    ['pipeTo()', async r => r.body?.pipeTo(new WritableStream())],
    [
      'pipeThrough()',
      async r => collect(r.body?.pipeThrough(new TextDecoderStream()) as unknown as AsyncIterable<unknown>),
    ],
    ['tee()', async r => Promise.all((r.body?.tee() ?? []).map(branch => drain(branch.getReader())))],
  ];
  for (const [how, read] of consumers) {
    it(`trips the circuit after five reads with ${how}`, async () => {
      server.always(breakBody('reset'));
      const { fetch } = byHand();
      for (let i = 0; i < 5; i++) {
        expect(stateOf(fetch)).toBe('closed');
        const response = await fetch(server.url());
        expect(response.status).toBe(200);
        await rejection(read(response));
      }
      await vi.waitFor(() => expect(stateOf(fetch)).toBe('open'));
      expect(wire()).toBe(5);
    });

    it(`which arrives whole does no such thing with ${how}`, async () => {
      const { fetch } = byHand();
      for (const step of [breakBody('close'), breakBody('close'), breakBody('close'), breakBody('close')]) {
        server.next(step);
        await (await fetch(server.url())).text().catch(() => undefined);
      }
      server.next(answer(200, { body: '"whole"' }));
      await read(await fetch(server.url()));
      await sleep(0);
      for (let i = 0; i < 4; i++) {
        server.next(breakBody('close'));
        await (await fetch(server.url())).text().catch(() => undefined);
      }
      expect(stateOf(fetch)).toBe('closed');
    });
  }

  it('is no failure when the caller cancels it, in any way', async () => {
    server.always(drip(50, 20));
    const { fetch } = byHand({ breaker: { failures: 1 } });
    const cancels: ((response: Response, abort: () => void) => Promise<unknown>)[] = [
      async r => r.body?.cancel(),
      async r => {
        const reader = (r.body as ReadableStream).getReader();
        await reader.read();
        await reader.cancel();
      },
      async r => {
        for await (const _ of r.body as unknown as AsyncIterable<unknown>) break;
      },
      async r => {
        const writable = new WritableStream({ write: () => Promise.reject(new Error('full')) });
        await rejection(r.body?.pipeTo(writable) as Promise<void>);
      },
      async (r, abort) => {
        const text = rejection(r.text());
        abort();
        await text;
      },
      async r => {
        const reader = (r.body as ReadableStream).getReader();
        reader.releaseLock();
        await r.body?.cancel();
      },
    ];
    for (const cancel of cancels) {
      const controller = new AbortController();
      const response = await fetch(server.url(), { signal: controller.signal });
      await cancel(response, () => controller.abort());
      await sleep(0);
      expect(stateOf(fetch)).toBe('closed');
    }
  });

  it('that is cancelled does not pass for a whole one', async () => {
    const { fetch } = byHand();
    const readBroken = async (): Promise<void> => {
      server.next(breakBody('reset'));
      await rejection((await fetch(server.url())).text());
    };
    for (let i = 0; i < 4; i++) await readBroken();
    server.next(answer(200, { body: 200_000 }));
    await (await fetch(server.url())).body?.cancel();
    server.next(answer(200, { body: 200_000 }));
    const reader = (await fetch(server.url())).body?.getReader();
    await reader?.cancel();
    await sleep(5);
    await readBroken();
    expect(stateOf(fetch)).toBe('open');
  });

  it('is no failure once bodyFailureWithinMs have passed', async () => {
    server.always(breakBody('reset'));
    const { fetch, clock } = byHand({ bodyFailureWithinMs: 1 });
    for (let i = 0; i < 6; i++) {
      const response = await fetch(server.url());
      clock.advance(2);
      await rejection(response.text());
    }
    expect(stateOf(fetch)).toBe('closed');
  });

  it("is a failure when the caller's own deadline ends it", async () => {
    server.always(breakBody('hang'));
    const { fetch } = byHand({ breaker: { failures: 1 } });
    const response = await fetch(server.url(), { signal: AbortSignal.timeout(100) });
    expect(await rejection(response.text())).toMatchObject({ name: 'TimeoutError' });
    expect(stateOf(fetch)).toBe('open');
  });

  it('is no failure when it is not JSON, and none when it is read twice', async () => {
    server.always(answer(200, { body: '<html>' }));
    const { fetch } = byHand({ breaker: { failures: 1 } });
    const response = await fetch(server.url());
    expect(await rejection(response.json())).toBeInstanceOf(SyntaxError);
    expect(await rejection(response.text())).toBeInstanceOf(TypeError);
    expect(stateOf(fetch)).toBe('closed');
  });

  it('follows the caller: an abort after the headers still ends the body under a time limit', async () => {
    server.always(drip(50, 20));
    const { fetch } = byHand({ attemptTimeoutMs: 5_000 });
    const controller = new AbortController();
    const response = await fetch(server.url(), { signal: controller.signal });
    setTimeout(() => controller.abort('stop'), 30);
    expect(await rejection(response.text())).toBe('stop');
  });
});

describe('responses that are tried again', () => {
  it('of 5 MB leave no more sockets open than one attempt does', async () => {
    server.always(answer(503, { body: 5_000_000 }));
    const { fetch } = byHand({
      breaker: { failures: 50 },
      retry: { ...quick, maxRetries: 4 },
    });
    const response = await fetch(server.url());
    expect(wire()).toBe(5);
    // A busy machine closes the others a little later.
    await vi.waitFor(() => expect(server.openSockets).toBe(1));
    expect((await response.text()).length).toBe(5_000_000);
  });

  it('of a small size keep their connection in use', async () => {
    server.always(answer(503, { body: 20_000 }));
    const { fetch } = byHand({ retry: { ...quick, maxRetries: 3 } });
    await (await fetch(server.url())).text();
    expect([wire(), server.socketsSeen]).toEqual([4, 1]);
  });

  it('are returned, body and all, when the circuit opens during the wait', async () => {
    server.always(answer(503, { body: 'sorry' }));
    const { fetch } = byHand({ retry: { backoff: () => 50 } });
    setTimeout(() => fetch.policy.breaker(server.origin).isolate(), 20);
    const response = await fetch(server.url());
    expect([response.status, await response.text(), wire()]).toEqual([503, 'sorry', 1]);
  });

  it('are not waited for when they drip', async () => {
    server.next(drip(200, 50));
    const { fetch } = byHand({ retry: quick, failureStatus: [200], retryStatus: [200] });
    server.always(answer(204));
    expect((await fetch(server.url())).status).toBe(204);
  });
});

describe('the request', () => {
  it('may be a string, a URL or a Request, with init before the Request', async () => {
    const { fetch } = byHand();
    await fetch(new URL(server.url('/url')));
    await fetch(new Request(server.url('/request'), { method: 'PUT', body: 'one', headers: { a: '1' } }));
    await fetch(new Request(server.url('/both'), { method: 'PUT' }), {
      method: 'POST',
      body: 'two',
      headers: { b: '2' },
    });
    await fetch(server.url('/as-init'), new Request(server.url(), { method: 'DELETE', headers: { c: '3' } }));
    expect(server.requests.map(r => [r.path, r.method, r.body])).toEqual([
      ['/url', 'GET', ''],
      ['/request', 'PUT', 'one'],
      ['/both', 'POST', 'two'],
      ['/as-init', 'DELETE', ''],
    ]);
    expect(server.requests[3]?.headers['c']).toBe('3');
  });

  it('used as an init keeps its members under a time limit', async () => {
    const { fetch } = byHand({ attemptTimeoutMs: 5_000 });
    await fetch(server.url('/as-init'), new Request(server.url(), { method: 'DELETE', headers: { c: '3' } }));
    expect(server.requests[0]).toMatchObject({ method: 'DELETE', headers: { c: '3' } });
  });

  const form = new FormData();
  form.set('a', 'b');
  const bodies: [what: string, body: () => NonNullable<RequestInit['body']>, attempts: number][] = [
    ['a string', () => 'text', 3],
    ['bytes', () => new TextEncoder().encode('text'), 3],
    ['a buffer', () => new TextEncoder().encode('text').buffer, 3],
    ['URLSearchParams', () => new URLSearchParams({ text: 'x' }), 3],
    ['a Blob', () => new Blob(['text']), 3],
    ['FormData', () => form, 3],
    ['a stream', () => new Blob(['text']).stream(), 1],
    ['a generator', () => generate() as never, 1],
  ];
  for (const [what, body, attempts] of bodies) {
    it(`with ${what} as its body is sent ${attempts} times at most, never empty`, async () => {
      server.always(answer(503));
      const { fetch } = byHand();
      await fetch(server.url(), { method: 'PUT', body: body(), duplex: 'half' } as RequestInit);
      expect(wire()).toBe(attempts);
      for (const { body: sent } of server.requests) expect(sent).toMatch(/text|name="a"/);
    });
  }

  it('as a Request is sent again only if it has no body', async () => {
    server.always(answer(503));
    const { fetch } = byHand({ breaker: { failures: 50 } });
    await fetch(new Request(server.url()));
    expect(wire()).toBe(3);
    await fetch(new Request(server.url(), { method: 'PUT', body: 'x' }));
    expect(wire()).toBe(4);
    await fetch(server.url(), { method: 'PUT', body: 'x', keepalive: true });
    expect(wire()).toBe(5);
  });

  it('keeps headers from a one-shot iterator through its attempts', async () => {
    server.next(answer(503));
    const { fetch } = byHand();
    const headers = new Map([['x-a', '1']]).entries() as unknown as [string, string][];
    await fetch(server.url(), { headers });
    expect(server.requests.map(r => r.headers['x-a'])).toEqual(['1', '1']);
  });

  it('whose body source fails says nothing about the host', async () => {
    const { fetch } = byHand({ breaker: { failures: 1 } });
    const body = new ReadableStream({ pull: c => c.error(new RangeError('mine')) });
    const error = (await rejection(
      fetch(server.url(), { method: 'POST', body, duplex: 'half' } as RequestInit),
    )) as Error;
    expect(error.cause).toMatchObject({ message: 'mine' });
    expect(stateOf(fetch)).toBe('closed');
  });

  it("that is no HTTP, or invalid, gets fetch's own answer", async () => {
    const { fetch } = byHand();
    expect(await (await fetch('data:,hello')).text()).toBe('hello');
    expect(await rejection(fetch('/relative'))).toBeInstanceOf(TypeError);
    expect(await rejection(fetch(server.url(), { headers: { 'a b': 'c' } }))).toBeInstanceOf(TypeError);
    expect(fetch.policy.registry.size).toBe(1);
    expect(stateOf(fetch)).toBe('closed');
  });

  it('that follows a redirect to another port is answered well by the origin first asked', async () => {
    await using target = await ScriptedServer.start(answer(503, { headers: { 'retry-after': '300' } }));
    server.always(answer(302, { headers: { location: target.url('/end') } }));
    const { fetch } = byHand({ retry: false });
    for (let i = 0; i < 6; i++) {
      const response = await fetch(server.url());
      expect([response.status, response.url, response.redirected]).toEqual([503, target.url('/end'), true]);
    }
    expect(fetch.policy.metricsOf(server.origin)?.answers).toMatchObject({ success: 6, failure: 0 });
    expect(fetch.policy.registry.peek(target.origin)).toBeUndefined();
  });

  it('that takes no redirect sees it as an answer', async () => {
    server.always(answer(302, { headers: { location: '/elsewhere' } }));
    const { fetch } = byHand();
    expect((await fetch(server.url(), { redirect: 'manual' })).status).toBe(302);
    expect(wire()).toBe(1);
  });

  it('whose init takes the signal of its Request away cannot be aborted by it', async () => {
    server.always(answer(200, { delayMs: 60 }));
    const { fetch } = byHand({ attemptTimeoutMs: 5_000 });
    const request = new Request(server.url(), { signal: AbortSignal.timeout(20) });
    expect((await fetch(request, { signal: null })).status).toBe(200);
  });

  it('that follows a redirect to a dead port is not sent again if it is a POST', async () => {
    const target = await ScriptedServer.start();
    const dead = target.url();
    await target.close();
    server.always(answer(307, { headers: { location: dead } }));
    const { fetch } = byHand();
    await rejection(fetch(server.url(), { method: 'POST', body: 'x' }));
    expect(wire()).toBe(1);
  });
});

describe('the response', () => {
  it('is the same object, with nothing to be seen on it', async () => {
    server.always(answer(200, { body: '{"a":1}' }));
    const real = await globalThis.fetch(server.url());
    const fetch = createFetch({ fetch: async () => real });
    const response = await fetch(server.url());
    expect(response).toBe(real);
    expect(response).toBeInstanceOf(Response);
    expect(response.body).toBe(response.body);
    expect(Object.keys(response)).toEqual([]);
    expect([response.url, response.type, response.redirected]).toEqual([server.url(), 'basic', false]);
    const copy = response.clone();
    expect([await response.json(), await copy.json(), response.bodyUsed]).toEqual([{ a: 1 }, { a: 1 }, true]);
  });

  it('may be read by those who reach its inside', async () => {
    server.always(answer(200, { body: 'whole' }));
    const { fetch } = byHand();
    const response = await fetch(server.url());
    expect(await new Response(response.body, response).text()).toBe('whole');
  });

  it('without a body, with a HEAD and with a 204 is simply a success', async () => {
    const { fetch } = byHand();
    server.next(answer(204), answer(200, { headers: { 'content-length': '10' } }), answer(304));
    expect((await fetch(server.url())).body).toBeNull();
    expect((await fetch(server.url(), { method: 'HEAD' })).status).toBe(200);
    expect(await (await fetch(server.url())).text()).toBe('');
    expect(stateOf(fetch)).toBe('closed');
  });
});

describe('per call and per adapter', () => {
  it('init.cutout overrides the policy, and false passes by', async () => {
    server.always(answer(503));
    const { fetch } = byHand();
    await fetch(server.url(), { cutout: { retry: false } });
    expect(wire()).toBe(1);
    await fetch(server.url(), { cutout: { failureStatus: [], retryStatus: [] } });
    fetch.policy.breaker(server.origin).isolate();
    expect((await fetch(server.url(), { cutout: false })).status).toBe(503);
    expect(await rejection(fetch(server.url(), { cutout: { retries: 3 } as never }))).toMatchObject({
      name: 'TypeError',
    });
    expect(await rejection(fetch(server.url(), { cutout: null as never }))).toMatchObject({ name: 'TypeError' });
    expect(wire()).toBe(3);
  });

  it('fallback answers with a response of its own', async () => {
    server.always(answer(503, { body: 5_000_000 }));
    const cached = (): Response => Response.json({ stale: true });
    const { fetch } = byHand({ fallback: cached, retry: false });
    for (let i = 0; i < 7; i++) expect(await (await fetch(server.url())).json()).toEqual({ stale: true });
    expect(wire()).toBe(5);
    await vi.waitFor(() => expect(server.openSockets).toBeLessThanOrEqual(2));
    const keep = await fetch(server.url(), { cutout: { fallback: () => new Response('mine') } });
    expect(await keep.text()).toBe('mine');
  });

  it('fallback that is no response says so; the adapter has its own beside a shared policy, and keeps it', async () => {
    server.always(answer(503));
    const policy = createHttpPolicy({ retry: false, fallback: () => 'text' });
    const error = await rejection(createFetch(policy)(server.url()));
    expect(error).toMatchObject({ message: 'fallback must return a Response, got "text"', cause: { status: 503 } });
    const own = createFetch(policy, { fallback: () => new Response('own') });
    expect(await (await own(server.url())).text()).toBe('own');
    expect((await createFetch(policy, { fallback: false })(server.url())).status).toBe(503);
    const { fetch } = byHand({ fallback: () => new Response('mine'), retry: false });
    expect((await createFetch(fetch.policy)(server.url())).status).toBe(503);
  });

  it('two adapters share circuits through one policy', async () => {
    server.always(answer(503));
    const policy = createHttpPolicy({ retry: false });
    const [one, two] = [createFetch(policy), createFetch(policy)];
    for (let i = 0; i < 5; i++) await one(server.url());
    expect(isCircuitOpenError(await rejection(two(server.url())))).toBe(true);
    expect(one.policy).toBe(policy);
  });

  it('looks globalThis.fetch up at each call, and wraps another where one is given', async () => {
    const fetch = createFetch();
    const spy = vi.spyOn(globalThis, 'fetch').mockImplementation(async () => new Response('mocked'));
    expect(await (await fetch(server.url())).text()).toBe('mocked');
    spy.mockRestore();
    const own = createFetch({ fetch: async () => new Response('own') });
    expect(await (await own(server.url())).text()).toBe('own');
    const shared = createFetch(own.policy, { fetch: async () => new Response('shared') });
    expect(await (await shared(server.url())).text()).toBe('shared');
    expect(wire()).toBe(0);
  });

  it('takes what a careless mock returns', async () => {
    const fetch = createFetch({ fetch: async () => ({ ok: true, status: 200, json: async () => 1 }) as never });
    expect(await (await fetch(server.url())).json()).toBe(1);
    const frozen = createFetch({ fetch: async () => Object.freeze(new Response('frozen')) });
    expect(await (await frozen(server.url())).text()).toBe('frozen');
  });

  it('refuses bad options when built', () => {
    expect(() => createFetch({ fetch: 'x' as never })).toThrow('fetch must be a function, got "x"');
    expect(() => createFetch({ retrys: false } as never)).toThrow(/^retrys is not an option/);
    expect(() => createFetch(null as never)).toThrow('options must be an object, got null');
    expect(() => createFetch({}, { fech: 1 } as never)).toThrow('did you mean fetch?');
  });
});

async function drain(reader: { read(): Promise<{ done: boolean }> }): Promise<void> {
  while (!(await reader.read()).done);
}

async function collect(source: AsyncIterable<unknown>): Promise<unknown[]> {
  const all: unknown[] = [];
  for await (const chunk of source) all.push(chunk);
  return all;
}

async function* generate(): AsyncGenerator<Uint8Array> {
  yield new TextEncoder().encode('text');
}
