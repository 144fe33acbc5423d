import { describe, expect, it } from 'vitest';
import { ScriptedServer } from './scripted-server.ts';
import { answer } from './step.ts';

const PREFLIGHT = {
  method: 'OPTIONS',
  headers: { 'access-control-request-method': 'PUT', 'access-control-request-headers': 'authorization' },
};

describe('a server with cors', () => {
  it('answers a preflight, which counts as no request and consumes no step', async () => {
    await using server = await ScriptedServer.start(answer(200), 0, { cors: true });
    server.next(answer(503));
    const { status, headers } = await fetch(server.url(), PREFLIGHT);
    expect(status).toBe(204);
    expect(headers.get('access-control-allow-methods')).toBe('PUT');
    expect(headers.get('access-control-allow-headers')).toBe('authorization');
    expect(server.requests).toEqual([]);
    expect((await fetch(server.url())).status).toBe(503);
  });

  it('lets any page read its answers', async () => {
    await using server = await ScriptedServer.start(answer(200, { headers: { etag: '"1"' } }), 0, { cors: true });
    const { headers } = await fetch(server.url());
    expect(headers.get('access-control-allow-origin')).toBe('*');
    expect(headers.get('access-control-expose-headers')).toBe('*');
    expect(headers.get('etag')).toBe('"1"');
  });

  it('may be closed twice', async () => {
    const server = await ScriptedServer.start();
    await server.close();
    await server.close();
    await expect(fetch(server.url())).rejects.toThrow('fetch failed');
  });
});

describe('a server without cors', () => {
  it('counts a preflight as a request', async () => {
    await using server = await ScriptedServer.start(answer(200));
    const { status, headers } = await fetch(server.url(), PREFLIGHT);
    expect([status, headers.get('access-control-allow-origin')]).toEqual([200, null]);
    expect(server.requests.map(({ method }) => method)).toEqual(['OPTIONS']);
  });
});
