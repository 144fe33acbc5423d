import { type Capabilities, type ConformanceColumn, describeAdapter, reasonAgainst, SCENARIOS } from '@cutout/testing';
import { afterAll, describe, expect, it } from 'vitest';
import { axiosClient } from './axios.ts';
import { fetchClient } from './fetch.ts';
import { gotClient } from './got.ts';
import { conformanceTable } from './table.ts';
import { undiciClient } from './undici.ts';

const runner = { describe, it };
const HANDED_OUT: Capabilities = { bodyInsideAttempt: false, perHopKeys: false, replaysBodies: true, streams: true };
const PER_HOP: Capabilities = { bodyInsideAttempt: true, perHopKeys: true, replaysBodies: true, streams: true };
const DISPATCHED: Capabilities = { bodyInsideAttempt: false, perHopKeys: true, replaysBodies: true, streams: true };
const READ_INSIDE: Capabilities = { bodyInsideAttempt: true, perHopKeys: false, replaysBodies: true, streams: true };

const doors: { name: string; capabilities: Capabilities; column: ConformanceColumn }[] = [
  { name: 'fetch', capabilities: HANDED_OUT, column: describeAdapter('fetch', fetchClient, HANDED_OUT, runner) },
  { name: 'axios', capabilities: READ_INSIDE, column: describeAdapter('axios', axiosClient, READ_INSIDE, runner) },
  { name: 'got', capabilities: PER_HOP, column: describeAdapter('got', gotClient, PER_HOP, runner) },
  { name: 'undici', capabilities: DISPATCHED, column: describeAdapter('undici', undiciClient, DISPATCHED, runner) },
];

describe('between the doors', () => {
  it('there is no difference in any scenario that several share', () => {
    for (const { name } of SCENARIOS) {
      const seen = doors.map(door => door.column.get(name)).filter(observed => observed !== undefined);
      expect(new Set(seen.map(observed => JSON.stringify(observed))).size, name).toBeLessThanOrEqual(1);
    }
  });

  it('every scenario that a door should play was played', () => {
    for (const { name, capabilities, column } of doors) {
      const due = SCENARIOS.filter(scenario => reasonAgainst(scenario, capabilities) === undefined);
      expect([...column.keys()], name).toEqual(due.map(scenario => scenario.name));
    }
  });

  it('the table that all share is long', () => {
    expect(SCENARIOS.filter(scenario => !scenario.needs).length).toBeGreaterThanOrEqual(60);
  });
});

afterAll(() => console.log(conformanceTable(doors)));
