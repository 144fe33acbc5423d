/** Serves the last good answer while the host is down: the cached-answer form of a circuit breaker. */

import { createFetch } from '@cutout/fetch';
import { answer, ScriptedServer } from '@cutout/testing';

await using server = await ScriptedServer.start(answer(200, { body: 'fresh' }));

const lastGood = new Map<string, string>();
const fetch = createFetch({
  retry: false,
  fallback: (_failure, { request, refused }) => {
    const cached = lastGood.get(request.url);
    if (cached === undefined) throw new Error('nothing cached for this URL');
    return new Response(`${cached} (cached, ${refused ? 'nothing sent' : 'after a failure'})`);
  },
});

async function load(): Promise<string> {
  const response = await fetch(server.url('/price'));
  const text = await response.text();
  if (response.url) lastGood.set(response.url, text);
  return text;
}

console.log(await load());
server.always(answer(503));
for (let call = 0; call < 6; call++) console.log(await load());
