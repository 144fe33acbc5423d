/** The handler in common server frameworks, under a path of its own. */

import { createServer as createHttp2Server } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { createDashboard, type Dashboard } from '@cutout/dashboard';
import { type HttpBindings, serve as serveHono } from '@hono/node-server';
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import express from 'express';
import Fastify from 'fastify';
import { Hono } from 'hono';
import { afterEach, describe, expect, it } from 'vitest';
import { messages, policyWith, post, serve, TOKEN } from './serving.ts';

const A = 'https://a.example';

type Mount = (dashboard: Dashboard) => Promise<{ url: string; close: () => unknown }>;

const mounts: Record<string, Mount> = {
  'node:http': async dashboard => {
    const served = await serve((request, response) => {
      if (request.url?.startsWith('/ops/circuits')) dashboard(request, response);
      else response.writeHead(404).end();
    });
    return { url: `${served.url}/ops/circuits`, close: () => served[Symbol.asyncDispose]() };
  },
  express: async dashboard => {
    const app = express();
    app.use(express.json(), express.urlencoded());
    app.use((_, response, next) => {
      // Set by a middleware for the whole application; the page would not work with it.
      response.setHeader('content-security-policy', "default-src 'self'");
      next();
    });
    app.use('/ops/circuits', dashboard);
    const served = await serve(app);
    return { url: `${served.url}/ops/circuits`, close: () => served[Symbol.asyncDispose]() };
  },
  fastify: async dashboard => {
    const app = Fastify({ forceCloseConnections: true });
    app.all('/ops/circuits', (request, reply) => {
      reply.hijack();
      dashboard(request.raw, reply.raw);
    });
    return { url: `${await app.listen({ port: 0, host: '127.0.0.1' })}/ops/circuits`, close: () => app.close() };
  },
  hono: async dashboard => {
    const app = new Hono<{ Bindings: HttpBindings }>();
    app.all('/ops/circuits', context => {
      dashboard(context.env.incoming, context.env.outgoing);
      return RESPONSE_ALREADY_SENT;
    });
    return new Promise(resolve => {
      const server = serveHono({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }, ({ port }) =>
        resolve({ url: `http://127.0.0.1:${port}/ops/circuits`, close: () => server.close() }),
      );
    });
  },
  'nothing else': async dashboard => {
    const served = await serve(dashboard);
    return { url: `${served.url}/`, close: () => served[Symbol.asyncDispose]() };
  },
};

const undo: (() => unknown)[] = [];
afterEach(async () => {
  for (const each of undo.splice(0).reverse()) await each();
});

describe.each(Object.keys(mounts))('in %s', name => {
  it('serves the page, the JSON, the stream and the actions', async () => {
    const policy = policyWith([A]);
    const dashboard = createDashboard(policy, { token: TOKEN });
    const { url, close } = await (mounts[name] as Mount)(dashboard);
    undo.push(close, () => dashboard.close());

    const page = await fetch(url);
    expect(page.status).toBe(200);
    expect(page.headers.get('content-security-policy')).toMatch(/^default-src 'none'; script-src 'sha256-/);
    expect(await page.text()).toContain('<script type="module">');

    const snapshot = await (await fetch(`${url}?format=json`)).json();
    expect(snapshot).toMatchObject({ v: 1, hosts: [{ key: A, state: 'closed' }] });

    const stream = messages(`${url}?format=stream`);
    expect((await stream.next()).value?.event).toBe('snapshot');
    const id = encodeURIComponent(snapshot.hosts[0].id);
    expect((await post(`${url}?action=isolate&id=${id}`)).status).toBe(403);
    const done = await post(`${url}?action=isolate&id=${id}`, { authorization: `Bearer ${TOKEN}` });
    expect([done.status, await done.json()]).toEqual([200, { id: `0 ${A}`, state: 'isolated' }]);

    let message = await stream.next();
    while (!message.value?.data['events']) message = await stream.next();
    expect(message.value.data['events']).toMatchObject([{ key: A, to: 'isolated' }]);
    await stream.return(undefined);
  });
});

it('supports HTTP/2, which forbids connection headers', async () => {
  const dashboard = createDashboard(policyWith([A]));
  const server = createHttp2Server((request, response) => dashboard(request as never, response as never));
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  undo.push(
    () => server.close(),
    () => dashboard.close(),
  );
  const { connect } = await import('node:http2');
  const session = connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  undo.push(() => session.destroy());
  const stream = session.request({ ':path': '/?format=stream' });
  let text = '';
  stream.setEncoding('utf8');
  for await (const chunk of stream) {
    text += chunk;
    if (text.includes('event: diff')) break;
  }
  expect(text).toMatch(/^retry: 1000\n\nevent: snapshot\n/);
});
