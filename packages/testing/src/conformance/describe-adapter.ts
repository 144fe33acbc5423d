/** Runs the conformance table against an adapter, in any test runner that has `describe` and `it`. */

import { deepStrictEqual } from 'node:assert/strict';
import type { AdapterFactory, Capabilities } from './adapter.ts';
import { play } from './play.ts';
import type { Observation, Scenario } from './scenario.ts';
import { SCENARIOS } from './scenarios.ts';

/** The functions needed of a test runner. Vitest, jest and node:test have them. */
export interface TestRunner {
  describe(name: string, body: () => void): void;
  it(name: string, body: () => Promise<void>): void;
}

/** What an adapter did in each scenario selected by its capabilities. */
export type ConformanceColumn = ReadonlyMap<string, Observation>;

const WHY_NOT: Record<keyof Capabilities, { missing: string; present: string }> = {
  bodyInsideAttempt: { missing: 'the body is handed out', present: 'the client reads the body inside the attempt' },
  perHopKeys: { missing: 'redirects are followed inside the client', present: 'every hop is an attempt of its own' },
  guardsForeignHops: {
    missing: 'no other adapter guards the hops of a redirect',
    present: 'another adapter guards the hops of a redirect',
  },
  takesForeignSignals: {
    missing: "the client itself refuses a signal that is not the platform's",
    present: 'the client takes a signal of any make',
  },
  replaysBodies: { missing: 'the client uses a body up as it sends it', present: 'the client can send a body again' },
  overrides: { missing: 'the client has no place for overrides of one call', present: 'a call may have overrides' },
  seesEarlyAborts: {
    missing: 'the client reports an abort only once it is connected',
    present: 'the client reports an abort at once',
  },
  hedges: {
    missing: 'the client makes one request at a time for a call',
    present: 'the client can make a second request for a call',
  },
  namesFailedHop: {
    missing: "the client's error does not say which hop failed",
    present: "the client's error says which hop failed",
  },
  nodeSockets: { missing: 'the client does not connect by node:net', present: 'the client connects by node:net' },
  fallbacks: { missing: 'the adapter takes no fallback', present: 'the adapter takes a fallback' },
  servesStale: { missing: 'the adapter serves no stale answers', present: 'the adapter serves stale answers' },
  sharesConnections: {
    missing: 'the client opens a connection for each request under way',
    present: 'the client opens six connections to a host at most',
  },
  hidesCauses: {
    missing: 'the client says why a request failed',
    present: 'the client does not say why a request failed',
  },
  hidesCutBodies: {
    missing: 'the client notices a body that is cut short',
    present: 'the client takes a body that is cut short for a whole one',
  },
  closesCancelledLater: {
    missing: 'the client closes the connection of a cancelled body',
    present: 'the client closes the connection of a cancelled body when it likes',
  },
  streams: { missing: 'the client takes no one-shot bodies', present: 'the client takes one-shot bodies' },
};

/**
 * Defines one test per scenario. Each test starts its own server and compares requests, verdicts, states, ends and
 * outstanding permits with the table. Prints how many rows the capabilities exclude, with the reason.
 *
 * @example
 * describeAdapter('ky', options => kyClient(options), { bodyInsideAttempt: false, perHopKeys: false, replaysBodies: false, streams: true, overrides: true, seesEarlyAborts: true });
 *
 * @param runner The functions of the test runner. @default the global ones
 * @returns The observations, filled in as the tests run.
 */
export function describeAdapter(
  name: string,
  factory: AdapterFactory,
  capabilities: Capabilities,
  runner: TestRunner = globalThis as unknown as TestRunner,
): ConformanceColumn {
  const column = new Map<string, Observation>();
  for (const line of leftOut(capabilities)) console.log(`conformance: ${name}: ${line}`);
  runner.describe(`the conformance table behind ${name}`, () => {
    for (const scenario of SCENARIOS) {
      if (reasonAgainst(scenario, capabilities) !== undefined) continue;
      runner.it(scenario.name, async () => {
        // Imported late: browsers play the rows too, and have no sockets.
        const { loopback } = await import('./loopback.ts');
        const observed = await play(scenario, factory, loopback());
        column.set(scenario.name, observed);
        deepStrictEqual(observed, { ...scenario.expected, outstanding: 0, busySockets: 0 });
      });
    }
  });
  return column;
}

/** Counts the rows that these capabilities exclude, by reason. */
export function leftOut(capabilities: Capabilities): string[] {
  const reasons = SCENARIOS.flatMap(scenario => reasonAgainst(scenario, capabilities) ?? []);
  return [...new Set(reasons)].map(
    reason => `${reasons.filter(each => each === reason).length} rows left out: ${reason}`,
  );
}

/** Why these capabilities exclude a scenario; undefined if they include it. */
export function reasonAgainst({ needs = {} }: Scenario, capabilities: Capabilities): string | undefined {
  for (const [capability, needed] of Object.entries(needs) as [keyof Capabilities, boolean][]) {
    if ((capabilities[capability] ?? false) !== needed) return WHY_NOT[capability][needed ? 'missing' : 'present'];
  }
  return undefined;
}
