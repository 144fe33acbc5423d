/** The dashboard over HTTP. */

import { once } from 'node:events';
import { connect } from 'node:net';
import { BreakerRegistry } from '@cutout/core';
import { createDashboard, type DashboardOptions, type DashboardSnapshot } from '@cutout/dashboard';
import { createFetch } from '@cutout/fetch';
import { createHttpPolicy } from '@cutout/http';
import { answer, ScriptedServer } from '@cutout/testing';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { fail, messages, policyWith, post, type Served, serve, TOKEN } from './serving.ts';

const A = 'https://a.example';
const B = 'https://b.example';
const ID = encodeURIComponent(`0 ${A}`);

const undo: (() => unknown)[] = [];
afterEach(async () => {
  for (const each of undo.splice(0).reverse()) await each();
});

async function dashboardOf(
  policy = policyWith([A, B]),
  options: DashboardOptions = {},
): Promise<Served & { readonly policy: typeof policy; close(): void }> {
  const dashboard = createDashboard(policy, options);
  const served = await serve(dashboard);
  undo.push(
    () => dashboard.close(),
    () => served[Symbol.asyncDispose](),
  );
  return { ...served, policy, close: () => dashboard.close() };
}

const json = async (url: string): Promise<DashboardSnapshot> => (await fetch(`${url}/?format=json`)).json();
const auth = { authorization: `Bearer ${TOKEN}` };

describe('the page', () => {
  it('is one file under 40 kB that loads nothing, with a policy that permits no other script', async () => {
    const { url } = await dashboardOf();
    const response = await fetch(`${url}/some/where`);
    const html = await response.text();
    expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(html.length).toBeLessThan(40_000);
    expect(html).not.toMatch(/<(script|link|img)[^>]+(src|href)="(?!data:)/);
    const policy = response.headers.get('content-security-policy');
    expect(policy).toMatch(/^default-src 'none'; script-src 'sha256-[^']{44}'; style-src 'sha256-[^']{44}'; connect/);
    expect(policy).not.toMatch(/unsafe|\*/);
    expect(response.headers.get('x-frame-options')).toBe('DENY');
  });

  it('supports HEAD, and no other methods', async () => {
    const { url } = await dashboardOf();
    const head = await fetch(url, { method: 'HEAD' });
    expect([head.status, await head.text()]).toEqual([200, '']);
    expect(Number(head.headers.get('content-length'))).toBeGreaterThan(100);
    const put = await fetch(url, { method: 'PUT' });
    expect([put.status, put.headers.get('allow')]).toEqual([405, 'GET, HEAD, POST']);
  });
});

describe('?format=json', () => {
  it('has every circuit, the worst first, and no secrets', async () => {
    const { url, policy } = await dashboardOf(policyWith([A, B], { name: 'shop' }), { token: TOKEN });
    fail(policy, B);
    const snapshot = await json(url);
    expect(snapshot).toMatchObject({
      v: 1,
      title: 'shop',
      control: true,
      totals: { circuits: 2, open: 1, halfOpen: 0, isolated: 0 },
      matching: 2,
      hosts: [
        { key: B, policy: 'shop', state: 'open', reason: 'consecutive', shadow: false },
        { key: A, state: 'closed', since: null, probeAt: null, nearness: 0 },
      ],
      events: [{ n: 1, key: B, from: 'closed', to: 'open', reason: 'consecutive', cause: 'Error' }],
    });
    expect(snapshot.hosts[0]?.probeAt).toBeGreaterThan(snapshot.at);
    expect(JSON.stringify(snapshot)).not.toContain(TOKEN);
  });

  it('shows the results of real calls', async () => {
    const server = await ScriptedServer.start(answer(200));
    undo.push(() => server.close());
    const client = createFetch({ retry: { maxRetries: 1, backoff: () => 0 } });
    const { url } = await dashboardOf(client.policy);
    for (let i = 0; i < 6; i++) await (await client(server.url('/secret?path=1'))).text();
    server.always(answer(503));
    await (await client(server.url('/secret?path=1'))).text();
    const snapshot = await json(url);
    expect(snapshot.hosts[0]).toMatchObject({
      key: server.origin,
      success: 75,
      nearness: 0.4,
      inFlight: 0,
      lastFailure: { kind: 'status', status: 503 },
    });
    expect(snapshot.hosts[0]?.p95).toBeGreaterThan(0);
    expect(JSON.stringify(snapshot)).not.toContain('secret');
  });

  it('filters, sorts and limits, and names the error of an invalid query', async () => {
    const { url } = await dashboardOf();
    const some = await (await fetch(`${url}?format=json&sort=key&reversed&limit=1&filter=EXAMPLE`)).json();
    expect([some.matching, some.hosts.map((row: { key: string }) => row.key)]).toEqual([2, [B]]);
    const wrong = await fetch(`${url}?format=json&limit=none`);
    expect([wrong.status, await wrong.json()]).toEqual([
      400,
      { error: 'limit must be a whole number from 1 to 1000, got "none"' },
    ]);
    expect((await fetch(`${url}?format=xml`)).status).toBe(400);
  });

  it('separates circuits of one key by their policy', async () => {
    const dashboard = createDashboard([policyWith([A], { name: 'one' }), policyWith([A], { name: 'two' })]);
    const served = await serve(dashboard);
    undo.push(
      () => dashboard.close(),
      () => served[Symbol.asyncDispose](),
    );
    const { hosts, title } = await json(served.url);
    expect(title).toBe('one, two');
    expect(hosts.map(({ id, policy }) => [id, policy]).sort()).toEqual([
      [`0 ${A}`, 'one'],
      [`1 ${A}`, 'two'],
    ]);
  });

  it('marks a circuit in shadow mode', async () => {
    const policy = policyWith([A], { breaker: { mode: 'shadow', failures: 2 } });
    const { url } = await dashboardOf(policy);
    fail(policy, A);
    expect((await json(url)).hosts[0]).toMatchObject({ state: 'open', shadow: true });
  });
});

describe('?format=explain', () => {
  it('has the explanation, the counters and the row of one circuit', async () => {
    const { url, policy } = await dashboardOf();
    fail(policy, A, 1);
    const found = await (await fetch(`${url}?format=explain&id=${ID}`)).json();
    expect(found).toMatchObject({
      row: { key: A, state: 'closed', nearness: 0.5 },
      explanation: { summary: `circuit "${A}" is closed; 1 of 2 failures in a row` },
      metrics: { answers: { failure: 1 } },
    });
  });

  it('finds a circuit whose key only looks like a URL', async () => {
    const policy = policyWith([]);
    const key = `${A}/path?of=its own`;
    policy.registry.get(key);
    const { url } = await dashboardOf(policy);
    const found = await (await fetch(`${url}?format=explain&id=${encodeURIComponent(`0 ${key}`)}`)).json();
    expect(found.row.key).toBe(key);
  });

  it.each(['0 https://unknown.example', '1 https://a.example', 'nonsense', '', '0 ', `9999999999 ${A}`])(
    'makes no circuit of %j',
    async id => {
      const { url, policy } = await dashboardOf();
      expect((await fetch(`${url}?format=explain&id=${encodeURIComponent(id)}`)).status).toBe(404);
      expect(policy.registry.size).toBe(2);
    },
  );
});

describe('the stream', () => {
  it('begins with a snapshot, sends a transition within a second, and a heartbeat otherwise', async () => {
    const { url, policy } = await dashboardOf();
    const stopped = new AbortController();
    const stream = messages(`${url}?format=stream`, stopped.signal);
    const first = await stream.next();
    expect(first.value).toMatchObject({ event: 'snapshot', data: { totals: { circuits: 2 } } });
    expect((await stream.next()).value).toMatchObject({ event: 'diff' });
    fail(policy, B);
    let message = await stream.next();
    while (!message.value?.data['events']) message = await stream.next();
    expect(message.value.data).toMatchObject({
      totals: { open: 1 },
      order: [`0 ${B}`, `0 ${A}`],
      hosts: [{ key: B, state: 'open' }],
      events: [{ n: 1, key: B, to: 'open' }],
    });
    const beat = await stream.next();
    expect(Object.keys(beat.value?.data ?? {})).toEqual(['at']);
    stopped.abort();
  });

  it('is refused beyond the limit, and accepted again after another one ends', async () => {
    const { url } = await dashboardOf();
    const open = Array.from({ length: 64 }, () => new AbortController());
    await Promise.all(open.map(({ signal }) => messages(`${url}?format=stream`, signal).next()));
    const refused = await fetch(`${url}?format=stream`);
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '5']);
    open[0]?.abort();
    await vi.waitFor(
      async () => {
        const again = await fetch(`${url}?format=stream`);
        await again.body?.cancel();
        expect(again.status).toBe(200);
      },
      { timeout: 5_000 },
    );
    for (const each of open) each.abort();
  });

  it('contains no failure messages, which may hold secrets', async () => {
    const { url, policy } = await dashboardOf();
    const stream = messages(`${url}?format=stream`);
    const secret = Object.assign(new Error('no login with password hunter2'), { code: 'ECONNREFUSED' });
    while (policy.breaker(A).state === 'closed') policy.breaker(A).acquire().failure(secret);
    const said = [
      await (await fetch(`${url}?format=explain&id=${ID}`)).text(),
      await (await fetch(`${url}?format=json`)).text(),
      JSON.stringify((await stream.next()).value),
    ];
    expect(said[0]).toContain('ECONNREFUSED');
    for (const each of said) expect(each).not.toMatch(/hunter2/);
    await stream.return(undefined);
  });

  it('survives circuits that cannot be read', async () => {
    const reported = vi.spyOn(console, 'error').mockImplementation(() => undefined);
    const policy = createHttpPolicy();
    const { url } = await dashboardOf(policy);
    policy.registry.get(A);
    const stream = messages(`${url}?format=stream`);
    await stream.next();
    const broken = vi.spyOn(policy, 'metrics').mockImplementation(() => {
      throw new Error('no time');
    });
    await vi.waitFor(() => expect(reported).toHaveBeenCalled(), { timeout: 5_000 });
    expect((await fetch(`${url}?format=json`)).status).toBe(500);
    broken.mockRestore();
    expect((await stream.next()).value?.event).toBe('diff');
    await stream.return(undefined);
  });

  it('ends when the dashboard closes, which then answers 503', async () => {
    const { url, close } = await dashboardOf();
    const stream = messages(`${url}?format=stream`);
    await stream.next();
    close();
    while (!(await stream.next()).done);
    expect((await fetch(url)).status).toBe(503);
  });
});

describe('actions', () => {
  it('are done with the token, shown to all viewers and reported to the audit', async () => {
    const onAction = vi.fn();
    const { url, policy } = await dashboardOf(undefined, { token: TOKEN, onAction });
    const done = await post(`${url}/?action=isolate&id=${ID}`, {
      ...auth,
      'x-cutout-actor': encodeURIComponent('Ännä'),
    });
    expect([done.status, await done.json()]).toEqual([200, { id: `0 ${A}`, state: 'isolated' }]);
    expect(policy.breaker(A).state).toBe('isolated');
    await post(`${url}/?action=release&id=${ID}`, auth);
    expect(policy.breaker(A).state).toBe('closed');
    fail(policy, A);
    await post(`${url}/?action=reset&id=${ID}`, auth);
    expect(policy.breaker(A).state).toBe('closed');
    expect((await json(url)).events.map(({ to, by }) => [to, by])).toEqual([
      ['isolated', 'Ännä'],
      ['closed', 'the dashboard'],
      ['open', undefined],
      ['closed', 'the dashboard'],
    ]);
    expect(onAction).toHaveBeenCalledTimes(3);
    expect(onAction.mock.calls[0]?.[0]).toMatchObject({
      type: 'action',
      action: 'isolate',
      key: A,
      done: true,
      actor: 'Ännä',
      remoteAddress: '127.0.0.1',
    });
  });

  const refusals: [name: string, headers: Record<string, string>, refused: string][] = [
    ['without the token', {}, 'token'],
    ['with a wrong token', { authorization: 'Bearer a-token-of-some-lengtH' }, 'token'],
    ['with the token and more', { authorization: `Bearer ${TOKEN}x` }, 'token'],
    ['with the token as something else', { authorization: `Basic ${TOKEN}` }, 'token'],
    ["from another site's page", { ...auth, 'sec-fetch-site': 'cross-site' }, 'origin'],
    ['from a page of a sister site', { ...auth, 'sec-fetch-site': 'same-site' }, 'origin'],
    ['from another origin, over plain HTTP', { ...auth, origin: 'http://evil.example' }, 'origin'],
    ['from a sandboxed page', { ...auth, origin: 'null' }, 'origin'],
  ];
  it.each(refusals)('%s are 403 and change nothing', async (_, headers, refused) => {
    const onAction = vi.fn();
    const { url, policy } = await dashboardOf(undefined, { token: TOKEN, onAction });
    for (const action of ['isolate', 'release', 'reset']) {
      const response = await post(`${url}/?action=${action}&id=${ID}`, headers);
      expect(response.status).toBe(403);
    }
    expect(policy.breaker(A).state).toBe('closed');
    expect((await json(url)).events).toEqual([]);
    expect(onAction.mock.calls.map(([event]) => [event.done, event.refused])).toEqual(Array(3).fill([false, refused]));
  });

  it('are 403 without a configured token, whatever is sent', async () => {
    const { url, policy } = await dashboardOf();
    for (const headers of [{}, auth, { authorization: 'Bearer undefined' }, { authorization: 'Bearer ' }]) {
      expect((await post(`${url}/?action=isolate&id=${ID}`, headers)).status).toBe(403);
    }
    expect(policy.breaker(A).state).toBe('closed');
    expect((await json(url)).control).toBe(false);
  });

  it('are POSTs, and only three', async () => {
    const { url, policy } = await dashboardOf(undefined, { token: TOKEN });
    expect((await fetch(`${url}/?action=isolate&id=${ID}`, { headers: auth })).headers.get('content-type')).toMatch(
      'html',
    );
    expect((await post(`${url}/?action=constructor&id=${ID}`, auth)).status).toBe(400);
    expect((await post(`${url}/?action=reconfigure&id=${ID}`, auth)).status).toBe(400);
    expect(policy.breaker(A).state).toBe('closed');
  });

  it('on an unknown circuit are 404, and create none', async () => {
    const { url, policy } = await dashboardOf(undefined, { token: TOKEN });
    expect((await post(`${url}/?action=isolate&id=0%20https%3A%2F%2Fnew.example`, auth)).status).toBe(404);
    expect(policy.registry.size).toBe(2);
  });

  it('do not fail when the audit does', async () => {
    const reported = vi.spyOn(console, 'error').mockImplementation(() => undefined);
    const onAction = vi.fn(async () => {
      throw new Error('the log is full');
    });
    const { url } = await dashboardOf(undefined, { token: TOKEN, onAction });
    for (let i = 0; i < 2; i++) expect((await post(`${url}/?action=isolate&id=${ID}`, auth)).status).toBe(200);
    expect(reported).toHaveBeenCalledTimes(1);
  });
});

describe('unusual cases', () => {
  it('circuits that evict each other from a full registry have no negative rates', async () => {
    const registry = new BreakerRegistry({ maxKeys: 1 });
    const { url } = await dashboardOf(createHttpPolicy({ registry }));
    for (let n = 0; n < 60; n++) {
      const permit = registry.get(`https://h${n % 3}.example`).acquire();
      if (n % 2) permit.success();
      else permit.failure(new Error('down'));
      const { hosts } = await json(url);
      expect(hosts).toHaveLength(1);
      for (const { calls, refused, retries } of hosts)
        expect(Math.min(calls, refused, retries)).toBeGreaterThanOrEqual(0);
    }
  });

  it('an action with an endless body is done without reading the body', async () => {
    const { url, policy } = await dashboardOf(undefined, { token: TOKEN });
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    undo.push(() => socket.destroy());
    const head = `POST /?action=isolate&id=${ID} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${TOKEN}\r\n`;
    socket.write(`${head}content-length: 99999999\r\n\r\nabc`);
    const [answered] = await once(socket, 'data');
    expect(String(answered)).toMatch(/^HTTP\/1.1 200 OK/);
    expect(policy.breaker(A).state).toBe('isolated');
  });

  it('a wrongly encoded name, an audit that never settles and a second close are harmless', async () => {
    const onAction = vi.fn(() => new Promise(() => undefined));
    const { url, close } = await dashboardOf(undefined, { token: TOKEN, onAction });
    const headers = { ...auth, 'x-cutout-actor': '%E0%A4%A' };
    expect((await post(`${url}/?action=isolate&id=${ID}`, headers)).status).toBe(200);
    expect((await json(url)).events[0]?.by).toBe('%E0%A4%A');
    close();
    close();
    expect((await fetch(url)).status).toBe(503);
  });
});

describe('options', () => {
  const make = (policies: unknown, options?: unknown) => () => createDashboard(policies as never, options as never);

  it.each([
    [make(createFetch()), 'policy must be a policy, got what createFetch returned: pass its .policy'],
    [make([]), 'policies must have at least one policy, got none'],
    [make(policyWith([]), { token: 5 }), 'token must be a string, got number'],
    [make(policyWith([]), { token: 'short' }), 'token must have at least 16 characters, got 5'],
    [make(policyWith([]), { token: 'sixteen letters, and a space' }), 'token must be of printable ASCII'],
    [make(policyWith([]), { title: 5 }), 'title must be a string, got 5'],
    [make(policyWith([]), { onAction: 'log' }), 'onAction must be a function'],
    [make(policyWith([]), { tokn: TOKEN }), 'tokn'],
  ])('%# are refused: %s', (attempt, message) => {
    expect(attempt).toThrow(message);
  });
});
