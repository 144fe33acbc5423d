import { createHttpPolicy, type HttpPolicy } from '@cutout/http';
import { describe, expect, it } from 'vitest';
import { Circuits, idOf } from './circuits.ts';
import type { HostRow } from './snapshot.ts';

const A = 'https://a.example';
const time = (now: number, at = 1_000_000 + now) => ({ at, now });

const make = (): HttpPolicy => createHttpPolicy({ breaker: { failures: 2 } });

/** The policy counts `calls`, so the test sets the policy's counters. */
async function call(policy: HttpPolicy, times: number, status = 200): Promise<void> {
  const request = { method: 'POST', url: A, headers: { get: () => null }, replayable: false };
  for (let i = 0; i < times; i++)
    await policy.run(request, async () => ({ value: 1, outcome: { kind: 'status', status } })).catch(() => undefined);
}

const rowOf = (circuits: Circuits, now: number, at?: number): HostRow | undefined =>
  circuits.readOne(idOf(0, A), time(now, at))?.row;

describe('rates', () => {
  it('of an existing circuit count later calls only', async () => {
    const policy = make();
    await call(policy, 50);
    const circuits = new Circuits([policy], time(0));
    await call(policy, 10);
    expect(rowOf(circuits, 5_000)?.calls).toBe(2);
  });

  it('of a new circuit count all its calls since the last mark', async () => {
    const policy = make();
    const circuits = new Circuits([policy], time(0));
    circuits.mark(time(5_000));
    await call(policy, 10);
    expect(rowOf(circuits, 10_000)?.calls).toBe(2);
  });

  it('restart for a circuit that was evicted and created again', async () => {
    const policy = make();
    const circuits = new Circuits([policy], time(0));
    await call(policy, 5);
    circuits.mark(time(5_000));
    circuits.mark(time(10_000));
    policy.registry.delete(A);
    await call(policy, 20);
    expect(rowOf(circuits, 15_000)?.calls).toBe(4);
    policy.registry.delete(A);
    await call(policy, 1);
    expect(rowOf(circuits, 15_000)?.calls).toBe(0.2);
  });

  it('do not depend on the wall clock', async () => {
    const policy = make();
    const circuits = new Circuits([policy], time(0));
    await call(policy, 10);
    expect(rowOf(circuits, 5_000, -3_600_000)?.calls).toBe(2);
    expect(rowOf(circuits, 5_000, 3_600_000_000)?.calls).toBe(2);
  });

  it('of circuits with one key in two policies are separate', async () => {
    const [one, two] = [make(), make()];
    const circuits = new Circuits([one, two], time(0));
    await call(one, 10);
    await call(two, 5);
    const { circuits: all } = circuits.read(time(5_000));
    expect(all.map(({ id, calls }) => [id, calls])).toEqual([
      [`0 ${A}`, 2],
      [`1 ${A}`, 1],
    ]);
  });
});

describe('the time down', () => {
  it('counts from the first opening, whatever happens between two readings', () => {
    const policy = make();
    const breaker = policy.breaker(A);
    const circuits = new Circuits([policy], time(0));
    let at = 0;
    policy.subscribe(event => {
      if (event.type === 'transition') circuits.transition(idOf(0, A), event, time(at, at));
    }, 'transition');
    const steps: [at: number, step: () => void, downSince: number | null][] = [
      [1_000, () => breaker.isolate(), 1_000],
      [2_000, () => [breaker.release(), breaker.isolate()], 2_000],
      [3_000, () => breaker.release(), null],
    ];
    for (const [when, step, downSince] of steps) {
      at = when;
      step();
      expect(rowOf(circuits, when, when)?.downSince).toBe(downSince);
    }
  });

  it('ignores a circuit that its registry does not have', () => {
    const policy = make();
    const circuits = new Circuits([policy], time(0));
    circuits.transition(idOf(0, A), { from: 'closed', to: 'open' }, time(5));
    expect(circuits.read(time(10)).circuits).toEqual([]);
    expect(policy.registry.size).toBe(0);
  });
});
