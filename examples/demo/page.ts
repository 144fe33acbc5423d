/** The live page of the demo's circuit. */

import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createDashboard } from '@cutout/dashboard';
import type { HttpPolicy } from '@cutout/fetch';

/** Serves the page on loopback until the process ends. Returns its address and its token. */
export async function showPage(policy: HttpPolicy): Promise<string> {
  const token = randomBytes(12).toString('base64url');
  const server = createServer(createDashboard(policy, { token, title: 'Cutout demo' }));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  process.once('SIGINT', () => process.exit(0));
  return `Live page: http://127.0.0.1:${(server.address() as AddressInfo).port}/
To isolate the circuit by hand there, its token is ${token}\n`;
}
