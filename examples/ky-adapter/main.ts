/** Runs the conformance table with the ky adapter, with this file as the test runner. */

import { describeAdapter } from '@cutout/testing';
import { kyClient } from './ky-client.ts';

const tests: { name: string; body: () => Promise<void> }[] = [];
const runner = {
  describe: (_name: string, body: () => void) => body(),
  it: (name: string, body: () => Promise<void>) => void tests.push({ name, body }),
};

// ky passes its fetch a Request, whose body can be read only once: it is never sent again.
const capabilities = {
  bodyInsideAttempt: false,
  perHopKeys: false,
  replaysBodies: false,
  streams: true,
  overrides: true,
  seesEarlyAborts: true,
};
describeAdapter('ky', kyClient, capabilities, runner);

let failed = 0;
for (const { name, body } of tests) {
  await body().catch((error: Error) => {
    failed += 1;
    console.log(`not ok: ${name}\n${error.message}`);
  });
}
console.log(`${tests.length - failed} of ${tests.length} scenarios hold behind ky`);
process.exit(failed === 0 ? 0 : 1);
