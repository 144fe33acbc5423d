/** Logs transitions and retries, and alerts when the circuit has been open for too long. */

import { createFetch } from '@cutout/fetch';
import { answer, reset, ScriptedServer } from '@cutout/testing';

const ALERT_AFTER_MS = 150;

await using server = await ScriptedServer.start(reset);
const fetch = createFetch({
  breaker: { openDurationMs: 100, halfOpen: { maxCalls: 1 } },
  retry: { backoff: () => 10 },
});

let openSince: number | undefined;
fetch.policy.subscribe(event => {
  if (event.type === 'retry') console.log(`retry after attempt ${event.attempt}: ${event.kind}`);
  if (event.type !== 'transition') return;
  console.log(`${event.from} -> ${event.to} (${event.reason})`);
  if (event.to === 'closed') openSince = undefined;
  else openSince ??= event.at;
  if (openSince !== undefined && event.at - openSince > ALERT_AFTER_MS)
    console.log('ALERT: the host has been down for too long');
});

const started = performance.now();
while (performance.now() - started < 600) {
  if (performance.now() - started > 400) server.always(answer(200));
  await fetch(server.url()).then(
    response => response.text(),
    () => undefined,
  );
  await new Promise(resolve => setTimeout(resolve, 20));
}
console.log(`now ${fetch.policy.breaker(server.origin).state}`);
