/** The server, in a separate process: an origin per subject, all with the same delays in the same order. */

import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { delays } from './delays.ts';

/** What an origin recorded. */
export interface Count {
  readonly requests: number;
  readonly connections: number;
}

const BODY = JSON.stringify({ id: 4711, items: ['a', 'b', 'c'], note: 'x'.repeat(150) });
const [origins = '1', seed = '1'] = process.argv.slice(2);

// The parent ends this process, so without a parent it ends itself.
process.on('disconnect', () => process.exit());

const counts = Array.from({ length: Number(origins) }, () => ({ requests: 0, connections: 0 }));
const servers = await Promise.all(counts.map(count => listen(count, delays(Number(seed)))));
process.on('message', () => process.send?.(counts));
process.send?.(servers.map(server => `http://127.0.0.1:${(server.address() as AddressInfo).port}`));

async function listen(count: { requests: number; connections: number }, nextMs: () => number): Promise<Server> {
  const server = createServer({ keepAliveTimeout: 60_000, noDelay: true }, (_, response) => {
    count.requests += 1;
    const timer = setTimeout(() => response.end(BODY), nextMs());
    response.on('close', () => clearTimeout(timer));
  });
  server.on('connection', () => {
    count.connections += 1;
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}
