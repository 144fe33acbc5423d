/** The demo: steady calls through bare fetch and through cutout, while their server dies, hangs and recovers. */

import { parseArgs } from 'node:util';
import { createFetch } from '@cutout/fetch';
import { Caller } from './caller.ts';
import { Outage } from './outage.ts';
import { closingTable } from './report.ts';
import { Timeline } from './timeline.ts';

const CALL_EVERY_MS = 50;
/** Both sides give up at the same time, so that neither wins by waiting less. */
const GIVE_UP_MS = 1_000;

const { url } = readArguments();
const outage = new Outage(url);
const guarded = createFetch({ attemptTimeoutMs: GIVE_UP_MS, breaker: { openDurationMs: 1_000 } });

const bare = new Caller('bare fetch', address => fetch(address, { signal: AbortSignal.timeout(GIVE_UP_MS) }));
const cutout = new Caller('cutout', address => guarded(address));
const timeline = new Timeline(process.stdout, { bare, cutout, outage });

console.log(
  url
    ? `Calling ${new URL(url).origin} every ${CALL_EVERY_MS} ms, twice: once bare, once through cutout.\n`
    : `Two servers on loopback follow one script: healthy, dead, hanging, healthy again.
Each is called every ${CALL_EVERY_MS} ms: one by bare fetch, one through cutout. Both give up after ${GIVE_UP_MS} ms.\n`,
);

await outage.start({ bare, cutout });
guarded.policy.subscribe(event => {
  if (event.type === 'transition') timeline.circuit(event.to, outage.nowMs);
});
timeline.start();
const calling = setInterval(() => {
  bare.call(outage.urlFor('bare'));
  cutout.call(outage.urlFor('cutout'));
}, CALL_EVERY_MS);

await outage.over;
clearInterval(calling);
await Promise.all([bare.settled(), cutout.settled()]);
timeline.stop();
await outage.stop();
console.log(closingTable({ bare, cutout, outage, circuit: timeline.transitions }));
// Keep-alive connections would hold the process for some seconds more.
process.exit(0);

function readArguments(): { url: string | undefined } {
  try {
    const { values } = parseArgs({ options: { url: { type: 'string' } } });
    if (values.url !== undefined && !/^https?:$/.test(URL.parse(values.url)?.protocol ?? '')) {
      throw new TypeError(`--url must be an absolute http or https URL, got "${values.url}"`);
    }
    return { url: values.url };
  } catch (error) {
    console.error(`${(error as Error).message}\nUsage: npm run demo [-- --url URL]`);
    process.exit(2);
  }
}
