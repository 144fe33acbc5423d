/** One answer in fifty takes 200 ms. A second request, sent when the first is slower than 95 % of the others, avoids that. */

import { createFetch, type FetchOptions, hedge } from '@cutout/fetch';
import { answer, ScriptedServer } from '@cutout/testing';

let served = 0;
const isSlow = (): boolean => ++served % 50 === 0;
await using server = await ScriptedServer.start();
server.always(() => answer(200, { body: 'ok', delayMs: isSlow() ? 200 : 2 }));

async function measure(name: string, options: FetchOptions): Promise<void> {
  const fetch = createFetch(options);
  const requestsBefore = server.requests.length;
  const waits: number[] = [];
  for (let call = 0; call < 300; call++) {
    const startedAt = performance.now();
    await (await fetch(server.url('/'))).text();
    waits.push(performance.now() - startedAt);
  }
  waits.sort((a, b) => a - b);
  const [median = 0, p99 = 0] = [waits[150], waits[297]];
  const extra = server.requests.length - requestsBefore - 300;
  console.log(
    `${name}: median ${median.toFixed(0)} ms, p99 ${p99.toFixed(0)} ms, ${extra} extra requests for 300 calls`,
  );
}

await measure('without', {});
await measure('hedged ', { hedge: hedge({ percentile: 0.95 }) });
