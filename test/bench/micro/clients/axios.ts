/** axios over Node's http. */

import { Agent } from 'node:http';
import { attachBreaker } from '@cutout/axios';
import axios from 'axios';
import type { Client } from './client.ts';

export function forAxios(url: string): Client {
  const settings = { adapter: 'http', httpAgent: new Agent({ keepAlive: true }) };
  const bare = axios.create(settings);
  const guarded = axios.create(settings);
  const { policy } = attachBreaker(guarded);
  return { bare: () => bare.get(url), adapter: () => guarded.get(url), policy };
}
