/** Holds a door against the conformance table, in any test runner that has `describe` and `it`. */

import { deepStrictEqual } from 'node:assert/strict';
import type { AdapterFactory, Capabilities } from './adapter.ts';
import { loopback } from './loopback.ts';
import { play } from './play.ts';
import { reasonAgainst } from './reason-against.ts';
import type { Observation } from './scenario.ts';
import { SCENARIOS } from './scenarios.ts';

/** The part of a test runner that is used. Vitest, jest and node:test have it. */
export interface TestRunner {
  describe(name: string, body: () => void): void;
  it(name: string, body: () => Promise<void>): void;
}

/** What a door did in each scenario that its capabilities select. */
export type ConformanceColumn = ReadonlyMap<string, Observation>;

/**
 * Defines one test per scenario. Each plays on a server of its own and compares requests, verdicts, states, ends and
 * outstanding permits with the table. Rows for other kinds of client are printed with the reason.
 *
 * @example
 * describeAdapter('ky', options => kyClient(options), { bodyInsideAttempt: false, perHopKeys: false, replaysBodies: false, streams: true, overrides: true, hearsEarlyAborts: true });
 *
 * @param runner The functions of the test runner. @default those in global scope
 * @returns What was observed, filled in as the tests run.
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
        const observed = await play(scenario, factory, loopback());
        column.set(scenario.name, observed);
        deepStrictEqual(observed, { ...scenario.expected, outstanding: 0, busySockets: 0 });
      });
    }
  });
  return column;
}

/** How many rows are not for a client with these capabilities, by reason. */
export function leftOut(capabilities: Capabilities): string[] {
  const reasons = SCENARIOS.flatMap(scenario => reasonAgainst(scenario, capabilities) ?? []);
  return [...new Set(reasons)].map(
    reason => `${reasons.filter(each => each === reason).length} rows left out: ${reason}`,
  );
}
