/** The demo: steady calls through bare fetch and through Cutout while their server dies, hangs and recovers. */

import { parseArgs } from 'node:util';
import { createHttpPolicy } from '@cutout/fetch';
import { ADAPTERS, readOk } from './adapters.ts';
import { Caller } from './caller.ts';
import { Outage } from './outage.ts';
import { showPage } from './page.ts';
import { closingTable } from './report.ts';
import { Timeline } from './timeline.ts';

const CALL_EVERY_MS = 50;
/** The time limit of both sides, so neither wins by waiting less. */
const GIVE_UP_MS = 1_000;

const { url, adapter, dashboard } = readArguments();
const outage = new Outage(url);
const { policy, send } = adapter(
  createHttpPolicy({ attemptTimeoutMs: GIVE_UP_MS, breaker: { openDurationMs: 1_000 } }),
);

const bare = new Caller('bare fetch', async address =>
  readOk(await fetch(address, { signal: AbortSignal.timeout(GIVE_UP_MS) })),
);
const cutout = new Caller('cutout', send);
const timeline = new Timeline(process.stdout, { bare, cutout, outage });

console.log(
  url
    ? `Calling ${new URL(url).origin} every ${CALL_EVERY_MS} ms, twice: once bare, once through cutout.\n`
    : `Two servers on loopback follow one script: healthy, dead, hanging, healthy again.
Each is called every ${CALL_EVERY_MS} ms: one by bare fetch, one through Cutout. Both time out after ${GIVE_UP_MS} ms.\n`,
);

await outage.start({ bare, cutout });
if (dashboard) console.log(await showPage(policy));
policy.subscribe(event => {
  if (event.type === 'transition') timeline.circuit(event.to, outage.nowMs);
});
timeline.start();
const calling = setInterval(() => {
  bare.call(outage.urlFor('bare'));
  cutout.call(outage.urlFor('cutout'));
}, CALL_EVERY_MS);

await outage.run();
if (!dashboard) clearInterval(calling);
await Promise.all([bare.settled(), cutout.settled()]);
timeline.stop();
console.log(closingTable({ bare, cutout, outage, circuit: timeline.transitions }));
if (dashboard) console.log('The outage repeats until Ctrl-C.');
while (dashboard) await outage.run();
await outage.stop();
// Keep-alive connections would keep the process alive for some seconds.
process.exit(0);

interface Arguments {
  readonly url: string | undefined;
  readonly adapter: NonNullable<(typeof ADAPTERS)[string]>;
  readonly dashboard: boolean;
}

function readArguments(): Arguments {
  try {
    const { values } = parseArgs({
      options: {
        url: { type: 'string' },
        adapter: { type: 'string', default: 'fetch' },
        dashboard: { type: 'boolean', default: false },
      },
    });
    if (values.url !== undefined && !/^https?:$/.test(URL.parse(values.url)?.protocol ?? '')) {
      throw new TypeError(`--url must be an absolute http or https URL, got "${values.url}"`);
    }
    const adapter = Object.hasOwn(ADAPTERS, values.adapter) ? ADAPTERS[values.adapter] : undefined;
    if (!adapter)
      throw new TypeError(`--adapter must be one of ${Object.keys(ADAPTERS).join(', ')}, got "${values.adapter}"`);
    return { url: values.url, adapter, dashboard: values.dashboard };
  } catch (error) {
    console.error(
      `${(error as Error).message}\nUsage: npm run demo [-- --url URL --adapter fetch|axios|got|undici --dashboard]`,
    );
    process.exit(2);
  }
}
