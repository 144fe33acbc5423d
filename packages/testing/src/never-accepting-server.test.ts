import { createConnection } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { NeverAcceptingServer } from './never-accepting-server.ts';

it('keeps every connection waiting, and goes away when it is closed', async () => {
  const server = await NeverAcceptingServer.start();
  const { port, href } = new URL(server.url('/a'));
  expect(href).toBe(`${server.origin}/a`);
  const heard: string[] = [];
  const sockets = Array.from({ length: 3 }, () => {
    const socket = createConnection(Number(port), '127.0.0.1');
    for (const event of ['connect', 'error', 'close']) socket.on(event, () => heard.push(event));
    return socket;
  });
  await sleep(150);
  expect(heard).toEqual([]);
  for (const socket of sockets) socket.destroy();
  await server.close();
  const refused = await new Promise(resolve => createConnection(Number(port), '127.0.0.1').on('error', resolve));
  expect(refused).toMatchObject({ code: 'ECONNREFUSED' });
});
