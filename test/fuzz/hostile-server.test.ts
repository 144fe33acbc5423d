import { connect } from 'node:net';
import { expect, it, onTestFinished, vi } from 'vitest';
import { HostileServer } from './hostile-server.ts';

it('reads the upload of a run that is over, and sees that its client leaves', async () => {
  const server = await HostileServer.start();
  onTestFinished(() => server.close());
  const { port, pathname } = new URL(server.script(1, ['status 999']));
  const socket = connect({ port: Number(port), host: '127.0.0.1', allowHalfOpen: true });
  socket.write(`GET ${pathname} HTTP/1.1\r\nHost: x\r\n\r\n`);
  await new Promise(resolve => socket.once('data', resolve));
  socket.write('PUT /0/ HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n');
  await new Promise<void>(resolve => socket.write('x'.repeat(900_000), () => resolve()));
  expect(server.busy(1)).toBe(1);
  socket.destroy();
  await vi.waitFor(() => expect(server.busy(1)).toBe(0));
});
