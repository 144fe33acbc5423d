import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { HostileServer } from './hostile-server.ts';

let server: HostileServer;
beforeEach(async () => {
  server = await HostileServer.start();
});
afterEach(() => server.close());

describe('a request is open', () => {
  it('until the server ends its connection', async () => {
    const { port, pathname } = new URL(server.script(1, ['hang', 'status 999']));
    const socket = connect({ port: Number(port), host: '127.0.0.1', allowHalfOpen: true });
    socket.write(`GET ${pathname} HTTP/1.1\r\nHost: x\r\n\r\n`);
    await vi.waitFor(() => expect(server.busy(1)).toBe(1));
    const other = connect({ port: Number(port), host: '127.0.0.1', allowHalfOpen: true });
    other.write(`GET ${pathname} HTTP/1.1\r\nHost: x\r\n\r\n`);
    await new Promise(resolve => other.once('end', resolve).resume());
    expect(server.busy(1)).toBe(1);
    socket.destroy();
    other.destroy();
  });
});
