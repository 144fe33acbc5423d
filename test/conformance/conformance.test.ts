import { type Capabilities, describeAdapter, reasonAgainst, SCENARIOS } from '@cutout/testing';
import { afterAll, describe, expect, it } from 'vitest';
import { axiosClient } from './axios.ts';
import { fetchClient } from './fetch.ts';
import { gotClient } from './got.ts';
import { type Adapter, conformanceTable } from './table.ts';
import { builtInFetchClient, undiciClient } from './undici.ts';

const runner = { describe, it };
const HANDED_OUT: Capabilities = {
  bodyInsideAttempt: false,
  perHopKeys: false,
  replaysBodies: true,
  streams: true,
  overrides: true,
  seesEarlyAborts: true,
  fallbacks: true,
  hedges: true,
  servesStale: true,
  nodeSockets: true,
};
/** axios' http transport, which follows redirects with a package that knows the current hop. */
const READ_INSIDE: Capabilities = {
  ...HANDED_OUT,
  bodyInsideAttempt: true,
  namesFailedHop: true,
  takesForeignSignals: true,
};
const DISPATCHED: Capabilities = { ...HANDED_OUT, perHopKeys: true, takesForeignSignals: true };
/** got makes one request at a time. */
const PER_HOP: Capabilities = { ...HANDED_OUT, perHopKeys: true, bodyInsideAttempt: true, hedges: false };
/** Node's fetch turns any body into a one-shot one, and does not pass on unknown members of its init. */
const BUILT_IN: Capabilities = {
  ...HANDED_OUT,
  perHopKeys: true,
  replaysBodies: false,
  overrides: false,
  seesEarlyAborts: false,
};

const adapters: readonly Adapter[] = [
  { name: 'fetch', capabilities: HANDED_OUT, column: describeAdapter('fetch', fetchClient, HANDED_OUT, runner) },
  { name: 'axios', capabilities: READ_INSIDE, column: describeAdapter('axios', axiosClient, READ_INSIDE, runner) },
  { name: 'got', capabilities: PER_HOP, column: describeAdapter('got', gotClient, PER_HOP, runner) },
  { name: 'undici', capabilities: DISPATCHED, column: describeAdapter('undici', undiciClient, DISPATCHED, runner) },
];

/** The undici adapter again, under Node's built-in fetch. */
const builtIn: Adapter = {
  name: 'built-in fetch over undici',
  capabilities: BUILT_IN,
  column: describeAdapter('built-in fetch over undici', builtInFetchClient, BUILT_IN, runner),
};
const all = [...adapters, builtIn];

describe('between the adapters', () => {
  it('there is no difference in any shared scenario', () => {
    for (const { name } of SCENARIOS) {
      const seen = all.map(adapter => adapter.column.get(name)).filter(observed => observed !== undefined);
      expect(new Set(seen.map(observed => JSON.stringify(observed))).size, name).toBeLessThanOrEqual(1);
    }
  });

  it('every scenario for an adapter was played', () => {
    for (const { name, capabilities, column } of all) {
      const due = SCENARIOS.filter(scenario => reasonAgainst(scenario, capabilities) === undefined);
      expect([...column.keys()], name).toEqual(due.map(scenario => scenario.name));
    }
  });

  it('the shared part of the table is long', () => {
    expect(SCENARIOS.filter(scenario => !scenario.needs).length).toBeGreaterThanOrEqual(60);
  });
});

afterAll(() => {
  console.log(conformanceTable(adapters));
  console.log(conformanceTable([adapters[3] as Adapter, builtIn]));
});
