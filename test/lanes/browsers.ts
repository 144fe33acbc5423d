/**
 * The fetch adapter in real browsers: `npm run browsers`, or one: `npm run browsers -- --browser firefox`. Each plays every
 * row of the conformance table that its capabilities include; excluded rows are printed with the reason.
 */

import { parseArgs } from 'node:util';
import { BROWSERS, type Browser, install, start } from './browsers/browsers.ts';
import { Silence } from './browsers/silence.ts';
import { type Result, startSite } from './browsers/site.ts';

const { values } = parseArgs({
  options: { browser: { type: 'string', default: '' }, only: { type: 'string', default: '' } },
});

const wanted = BROWSERS.filter(({ name }) => name.toLowerCase().includes(values.browser.toLowerCase()));
if (wanted.length === 0)
  throw new RangeError(`--browser must be one of ${BROWSERS.map(({ name }) => name).join(', ')}`);
let isGood = true;
for (const browser of wanted) {
  try {
    if (!print(browser, await run(browser))) isGood = false;
  } catch (error) {
    isGood = false;
    console.log(`${browser.name}: did not run: ${(error as Error).message}`);
  }
}
process.exit(isGood ? 0 : 1);

async function run(browser: Browser): Promise<readonly Result[]> {
  await install(browser);
  const silence = new Silence();
  const site = await startSite(browser.capabilities, values.only, () => silence.broken());
  const { ended, stop } = start(browser, site.url);
  const died = ended.then(how => Promise.reject(new Error(`it ended before its last row: ${how}`)));
  try {
    await Promise.race([site.done, died, silence.tooLong]);
    return site.results;
  } catch (error) {
    if (site.results.length > 0) print(browser, site.results);
    throw error;
  } finally {
    silence.end();
    died.catch(() => undefined);
    await stop();
    await site.close();
  }
}

function print({ name, note }: Browser, results: readonly Result[]): boolean {
  const excluded = results.filter(result => result.excluded !== undefined);
  const failed = results.filter(result => result.failure !== undefined);
  const passed = results.length - excluded.length - failed.length;
  console.log(
    `${name}: ${results.length} rows: ${passed} passed, ${failed.length} failed, ${excluded.length} excluded`,
  );
  if (note) console.log(`  ${note}`);
  for (const each of failed) console.log(`  FAILED ${each.name}: ${each.failure?.split('\n')[0]}`);
  const reasons = Map.groupBy(excluded, result => result.excluded as string);
  for (const [reason, rows] of reasons) {
    console.log(`  excluded, ${reason}:`);
    for (const row of rows) console.log(`    ${row.name}`);
  }
  return failed.length === 0 && passed > 0;
}
