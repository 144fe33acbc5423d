/** Five concurrent calls per host: a hanging host fills its own bulkhead, and further calls are queued or refused. */

import { bulkhead, createFetch, isBulkheadFullError } from '@cutout/fetch';
import { answer, hang, ScriptedServer } from '@cutout/testing';

await using search = await ScriptedServer.start(hang);
await using prices = await ScriptedServer.start(answer(200, { body: '42', delayMs: 5 }));

const fetch = createFetch({
  bulkhead: bulkhead({ maxConcurrent: 5, maxQueue: 5, queueTimeoutMs: 200 }),
  attemptTimeoutMs: 500,
  retry: false,
  breaker: { failures: 20 },
  hosts: { [new URL(prices.origin).host]: { bulkhead: bulkhead({ maxConcurrent: 5, maxQueue: 100 }) } },
});
const refused: Record<string, number> = { 'bulkhead-full': 0, timeout: 0 };
fetch.policy.subscribe(event => {
  if (event.type === 'bulkhead-rejected') refused[event.reason] = (refused[event.reason] ?? 0) + 1;
});

async function ask(url: string): Promise<string> {
  try {
    return await (await fetch(url)).text();
  } catch (error) {
    return isBulkheadFullError(error) ? 'refused' : (error as Error).name;
  }
}

function count(ends: readonly string[]): string {
  const kinds = Map.groupBy(ends, end => end);
  return [...kinds].map(([end, all]) => `${all.length} x ${end}`).join(', ');
}

const searching = Promise.all(Array.from({ length: 30 }, () => ask(search.url('/search'))));
const priced = await Promise.all(Array.from({ length: 30 }, () => ask(prices.url('/price'))));
console.log('prices, while search hangs:', count(priced));
console.log('search:', count(await searching));
console.log('requests that reached it:', search.requests.length);
console.log(`refused at once: ${refused['bulkhead-full']}, after a wait in the queue: ${refused['timeout']}`);
console.log('its circuit:', fetch.policy.breaker(search.origin).state);
