/** A reader who applies every difference sees what a new reader sees. */

import { createHttpPolicy, type HttpPolicy } from '@cutout/http';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Circuits, idOf } from './circuits.ts';
import { ReaderState, snapshotOf } from './reader-state.ts';
import { patched } from './snapshot.ts';
import { Timeline } from './timeline.ts';
import { VIEW_DEFAULTS, type View } from './view.ts';

const time = (at: number) => ({ at, now: at });
const HEADING = { title: 'shop', control: false };

const step = fc.record({
  host: fc.integer({ min: 0, max: 6 }),
  what: fc.constantFrom('good', 'bad', 'isolate', 'release', 'reset', 'drop', 'mark', 'nothing'),
});
const view: fc.Arbitrary<View> = fc.record({
  filter: fc.constantFrom('', '1', 'H'),
  sort: fc.constantFrom('trouble', 'key', 'calls', 'failure'),
  reversed: fc.boolean(),
  limit: fc.constantFrom(1, 3, 200),
});

function act(policy: HttpPolicy, { host, what }: { host: number; what: string }): void {
  const key = `https://h${host}.example`;
  const breaker = policy.breaker(key);
  if (what === 'isolate' || what === 'release' || what === 'reset') return breaker[what]();
  if (what === 'drop') return void policy.registry.delete(key);
  const permit = what === 'good' || what === 'bad' ? breaker.tryAcquire() : undefined;
  if (permit && 'success' in permit) permit[what === 'good' ? 'success' : 'failure']();
}

it('differences add up to the snapshot', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(step, fc.boolean()), { maxLength: 60 }), view, (steps, wanted) => {
      const policy = createHttpPolicy({ breaker: { failures: 2 } });
      const [circuits, timeline, reader] = [new Circuits([policy], time(0)), new Timeline(), new ReaderState(wanted)];
      policy.subscribe(event => {
        if (event.type === 'transition') timeline.add(event, { id: idOf(0, event.key), policy: undefined }, at);
      }, 'transition');
      let at = 1_000;
      let seen = reader.snapshot(HEADING, circuits.read(time(at)), timeline);
      for (const [each, sends] of steps) {
        act(policy, each);
        at += 700;
        if (each.what === 'mark') circuits.mark(time(at));
        if (!sends) continue;
        const reading = circuits.read(time(at));
        seen = patched(seen, JSON.parse(JSON.stringify(reader.diff(reading, timeline))));
        expect(seen).toEqual(JSON.parse(JSON.stringify(snapshotOf(HEADING, reading, timeline, wanted))));
      }
    }),
    { numRuns: 300, seed: 7 },
  );
});

it('is empty without changes, and keeps unchanged rows', () => {
  const policy = createHttpPolicy();
  for (const host of ['a', 'b']) policy.breaker(`https://${host}.example`);
  const [circuits, timeline, reader] = [
    new Circuits([policy], time(0)),
    new Timeline(),
    new ReaderState(VIEW_DEFAULTS),
  ];
  const seen = reader.snapshot(HEADING, circuits.read(time(1_000)), timeline);
  expect(reader.diff(circuits.read(time(2_000)), timeline)).toEqual({ at: 2_000 });
  policy.breaker('https://b.example').isolate();
  const after = patched(seen, reader.diff(circuits.read(time(3_000)), timeline));
  expect(after.hosts.map(({ key, state }) => [key, state])).toEqual([
    ['https://b.example', 'isolated'],
    ['https://a.example', 'closed'],
  ]);
  expect(after.hosts[1]).toBe(seen.hosts[0]);
});
