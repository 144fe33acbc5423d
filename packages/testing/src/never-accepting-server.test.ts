import { createConnection } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { NeverAcceptingServer } from './never-accepting-server.ts';

it('keeps every connection attempt waiting, and ends when closed', async () => {
  const server = await NeverAcceptingServer.start();
  const { port, href } = new URL(server.url('/a'));
  expect(href).toBe(`${server.origin}/a`);
  const emitted: string[] = [];
  const sockets = Array.from({ length: 3 }, () => {
    const socket = createConnection(Number(port), '127.0.0.1');
    for (const event of ['connect', 'error', 'close']) socket.on(event, () => emitted.push(event));
    return socket;
  });
  await sleep(150);
  expect(emitted).toEqual([]);
  for (const socket of sockets) socket.destroy();
  await server.close();
  const refused = await new Promise(resolve => createConnection(Number(port), '127.0.0.1').on('error', resolve));
  expect(refused).toMatchObject({ code: 'ECONNREFUSED' });
});
