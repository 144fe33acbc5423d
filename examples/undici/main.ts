/** One global dispatcher guards everything that undici sends. */

import { answer, ScriptedServer } from '@cutout/testing';
import { breakerInterceptor, isCircuitOpenError } from '@cutout/undici';
import { Agent, fetch, request, setGlobalDispatcher } from 'undici';

await using server = await ScriptedServer.start(answer(503));

setGlobalDispatcher(new Agent().compose(breakerInterceptor({ retry: false })));

for (let call = 1; call <= 5; call++) {
  const { statusCode, body } = await request(server.url());
  await body.dump();
  console.log(call, statusCode);
}
await fetch(server.url()).catch(error => console.log(6, isCircuitOpenError(error) ? 'refused, nothing sent' : error));
console.log(`${server.requests.length} requests arrived`);
