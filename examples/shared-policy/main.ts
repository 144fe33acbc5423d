/** One policy for axios, fetch and got: a circuit that axios opens refuses the others too. */

import { attachBreaker } from '@cutout/axios';
import { createFetch, createHttpPolicy, isCircuitOpenError } from '@cutout/fetch';
import { breakerHooks } from '@cutout/got';
import { answer, ScriptedServer } from '@cutout/testing';
import axios from 'axios';
import got from 'got';

await using server = await ScriptedServer.start(answer(503));

const policy = createHttpPolicy({ retry: false });
const http = axios.create();
attachBreaker(http, policy);
const fetch = createFetch(policy);
const client = got.extend(breakerHooks(policy));

for (let call = 1; call <= 5; call++) await http.get(server.url()).catch(() => undefined);
console.log(`axios made ${server.requests.length} requests; the circuit is ${policy.breaker(server.origin).state}`);

for (const [name, send] of Object.entries({ fetch: () => fetch(server.url()), got: () => client(server.url()) })) {
  await Promise.resolve(send()).catch((error: unknown) =>
    console.log(name, isCircuitOpenError(error) ? 'is refused' : 'failed'),
  );
}
console.log(`still ${server.requests.length} requests`);
