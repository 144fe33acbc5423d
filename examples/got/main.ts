/** got makes the retries, and the circuit limits them: five requests in total. */

import { breakerHooks } from '@cutout/got';
import { answer, ScriptedServer } from '@cutout/testing';
import got, { type RequestError } from 'got';

await using server = await ScriptedServer.start(answer(503));

const client = got.extend(breakerHooks({ retry: { backoff: () => 10 } }));

for (let call = 1; call <= 3; call++) {
  await client(server.url()).catch((error: RequestError) => console.log(call, error.code));
  console.log(`${server.requests.length} requests so far`);
}
