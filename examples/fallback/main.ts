/** An answer for every call while the host is down, in each client's own type. */

import { attachBreaker } from '@cutout/axios';
import { createFetch } from '@cutout/fetch';
import { breakerHooks } from '@cutout/got';
import { answer, ScriptedServer } from '@cutout/testing';
import { breakerInterceptor } from '@cutout/undici';
import axios, { AxiosHeaders } from 'axios';
import got from 'got';
import { Agent, request } from 'undici';

await using server = await ScriptedServer.start(answer(200, { body: 'fresh' }));
const url = server.url('/price');
const lastKnown = (refused: boolean): string => `last known price (${refused ? 'nothing sent' : 'after a failure'})`;

const fetch = createFetch({ retry: false, fallback: (_failure, { refused }) => new Response(lastKnown(refused)) });

const http = axios.create();
attachBreaker(http, {
  retry: false,
  fallback: (_failure, { refused }) => ({
    status: 200,
    statusText: 'OK',
    headers: {},
    data: lastKnown(refused),
    config: { headers: new AxiosHeaders() },
  }),
});

const client = got.extend(
  breakerHooks({ retry: { maxRetries: 0 }, fallback: (_failure, { refused }) => lastKnown(refused) }),
);

const dispatcher = new Agent().compose(
  breakerInterceptor({
    retry: false,
    fallback: (_failure, { refused }) => ({ status: 200, body: lastKnown(refused) }),
  }),
);

const adapters: Record<string, () => Promise<string>> = {
  fetch: async () => (await fetch(url)).text(),
  axios: async () => (await http.get<string>(url)).data,
  got: () => client(url).text(),
  undici: async () => (await request(url, { dispatcher })).body.text(),
};

for (const [name, load] of Object.entries(adapters)) {
  server.always(answer(200, { body: 'fresh' }));
  console.log(name, await load());
  server.always(answer(503));
  for (let call = 0; call < 6; call++) console.log(name, await load());
}
await dispatcher.close();
