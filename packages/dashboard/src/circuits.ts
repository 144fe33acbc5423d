/** All circuits of the policies, with their history. */

import type { CircuitBreaker, TransitionEvent } from '@cutout/core';
import type { HttpPolicy, KeyMetrics } from '@cutout/http';
import { type Circuit, CircuitReading } from './circuit-reading.ts';
import type { Moment } from './moment.ts';
import type { HostRow, Totals } from './snapshot.ts';
import { Track } from './track.ts';

/** All circuits at one moment. */
export interface Reading {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly totals: Totals;
  readonly circuits: readonly CircuitReading[];
}

/** A circuit found by its id. */
export interface Found {
  /** The index of the policy, in the order given. */
  readonly index: number;
  readonly policy: HttpPolicy;
  readonly breaker: CircuitBreaker;
}

interface Counted extends Pick<Circuit, 'breaker' | 'metrics'> {
  readonly index: number;
}

export class Circuits {
  readonly #policies: readonly HttpPolicy[];
  /** Per policy, by breaker: a breaker created again counts from 0, and an evicted one takes its history with it. */
  readonly #tracks: readonly WeakMap<CircuitBreaker, Track>[];
  /** The time of the last mark. A circuit created after it has all its counts since. */
  #marked: Moment;

  constructor(policies: readonly HttpPolicy[], begun: Moment) {
    this.#policies = policies;
    this.#marked = begun;
    this.#tracks = policies.map(() => new WeakMap());
    for (const { index, breaker, metrics } of this.#all())
      this.#tracksOf(index).set(breaker, new Track(begun, metrics));
  }

  /** Ends a step of every history. */
  mark(moment: Moment): void {
    for (const { index, breaker, metrics } of this.#all()) this.#trackOf(index, breaker).mark(metrics, moment);
    this.#marked = moment;
  }

  read(moment: Moment): Reading {
    const circuits = [...this.#all()].map(counted => this.#reading(counted, moment));
    return { at: moment.at, totals: totalsOf(circuits), circuits };
  }

  /** The row of one circuit, with its counters. */
  readOne(id: string, moment: Moment): { row: HostRow; metrics: KeyMetrics } | undefined {
    const { index = 0, policy, breaker } = this.find(id) ?? {};
    // Not `metricsOf`: it accepts URLs, so it would reduce a key that looks like one to its origin.
    const metrics = policy?.metrics().keys.find(({ key }) => key === breaker?.key);
    if (!breaker || !metrics) return undefined;
    return { row: this.#reading({ index, breaker, metrics }, moment).row, metrics };
  }

  /** Records a transition, for the exact time since which the circuit is down. */
  transition(id: string, { from, to }: Pick<TransitionEvent, 'from' | 'to'>, { now }: Moment): void {
    const found = this.find(id);
    if (!found) return;
    const track = this.#trackOf(found.index, found.breaker);
    if (from === 'closed' || to === 'closed') track.closed();
    if (to !== 'closed') track.down(now);
  }

  /** Never creates a circuit: ids come from untrusted clients. */
  find(id: string): Found | undefined {
    const [, number, key = ''] = /^(\d{1,4}) (.*)$/s.exec(id) ?? [];
    const index = Number(number);
    const policy = this.#policies[index];
    const breaker = policy?.registry.peek(key);
    return policy && breaker && { index, policy, breaker };
  }

  *#all(): Generator<Counted> {
    for (const [index, policy] of this.#policies.entries()) {
      for (const metrics of policy.metrics().keys) {
        const breaker = policy.registry.peek(metrics.key);
        if (breaker) yield { index, breaker, metrics };
      }
    }
  }

  #reading({ index, breaker, metrics }: Counted, moment: Moment): CircuitReading {
    const [id, policy] = [idOf(index, metrics.key), this.#policies[index]?.name];
    return new CircuitReading({ id, policy, breaker, metrics, track: this.#trackOf(index, breaker) }, moment);
  }

  #trackOf(index: number, breaker: CircuitBreaker): Track {
    const tracks = this.#tracksOf(index);
    const track = tracks.get(breaker) ?? new Track(this.#marked);
    tracks.set(breaker, track);
    return track;
  }

  #tracksOf(index: number): WeakMap<CircuitBreaker, Track> {
    return this.#tracks[index] as WeakMap<CircuitBreaker, Track>;
  }
}

/** The index is part of the id because two policies may have circuits of the same key. */
export function idOf(policy: number, key: string): string {
  return `${policy} ${key}`;
}

function totalsOf(circuits: readonly CircuitReading[]): Totals {
  const totals = { circuits: circuits.length, open: 0, halfOpen: 0, isolated: 0, calls: 0, refused: 0 };
  for (const { state, calls, refused } of circuits) {
    if (state === 'open') totals.open += 1;
    if (state === 'half-open') totals.halfOpen += 1;
    if (state === 'isolated') totals.isolated += 1;
    totals.calls += calls;
    totals.refused += refused;
  }
  return { ...totals, calls: Math.round(totals.calls * 10) / 10, refused: Math.round(totals.refused * 10) / 10 };
}
