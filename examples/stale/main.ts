/**
 * The last good answer while the host is down. With a shared policy fetch, axios and got serve what any of them has kept.
 * An undici dispatcher serves its own answers, because its sockets and proxies are not visible.
 */

import { attachBreaker } from '@cutout/axios';
import { createFetch, createHttpPolicy } from '@cutout/fetch';
import { breakerHooks } from '@cutout/got';
import { staleIfError } from '@cutout/stale';
import { answer, ScriptedServer } from '@cutout/testing';
import { breakerInterceptor } from '@cutout/undici';
import axios from 'axios';
import got from 'got';
import { Agent, request } from 'undici';

await using server = await ScriptedServer.start(answer(200, { body: 'price: 5', headers: { etag: '"v1"' } }));
const url = server.url('/price');

const policy = createHttpPolicy({ retry: false, stale: staleIfError({ maxStaleMs: 3_600_000 }) });
policy.subscribe(event => {
  if (event.type === 'stale') console.log(`  stale, ${event.ageMs} ms old, instead of ${event.reason}`);
});

const fetch = createFetch(policy);
const http = axios.create();
attachBreaker(http, policy);
const client = got.extend({ retry: { limit: 0 } }, breakerHooks(policy));
const dispatcher = new Agent().compose(breakerInterceptor(policy));

const adapters: Record<string, () => Promise<string>> = {
  fetch: async () => (await fetch(url)).text(),
  axios: async () => (await http.get<string>(url)).data,
  got: () => client(url).text(),
  undici: async () => (await request(url, { dispatcher })).body.text(),
};

console.log('the host is up: fetch', await adapters['fetch']?.());
console.log('the host is up: undici', await adapters['undici']?.());
await server.close();
console.log('the host is down');
for (const [name, load] of Object.entries(adapters)) console.log(name, await load());
for (let call = 0; call < 2; call++) console.log('fetch', await adapters['fetch']?.());

const known = await fetch(url, { headers: { 'if-none-match': '"v1"' } });
console.log('to a caller who has it:', known.status);
const write = await fetch(url, { method: 'PUT', body: '6' }).catch((error: Error) => error.name);
console.log('to a write:', write);
await dispatcher.close();
