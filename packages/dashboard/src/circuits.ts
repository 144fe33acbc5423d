/** All circuits of the policies, with what is remembered of them. */

import type { CircuitBreaker, TransitionEvent } from '@cutout/core';
import type { HttpPolicy, KeyMetrics } from '@cutout/http';
import { type Circuit, CircuitReading } from './circuit-reading.ts';
import type { HostRow, Totals } from './snapshot.ts';
import { Track } from './track.ts';

/** All of it, at one time. */
export interface Reading {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly totals: Totals;
  readonly circuits: readonly CircuitReading[];
}

/** A circuit that a reader has named. */
export interface Found {
  readonly policy: HttpPolicy;
  readonly breaker: CircuitBreaker;
}

export class Circuits {
  readonly #policies: readonly HttpPolicy[];
  #tracks = new Map<string, Track>();
  /** A circuit that was not there then has counted all of its numbers since. */
  #markedAt: number;

  constructor(policies: readonly HttpPolicy[], at: number) {
    this.#policies = policies;
    this.#markedAt = at;
    for (const { id, metrics } of this.#all()) this.#tracks.set(id, new Track(at, metrics));
  }

  /** Ends a step of all that is remembered, and forgets what the registries have dropped. */
  mark(at: number): void {
    const kept = new Map<string, Track>();
    for (const { id, metrics } of this.#all()) {
      const track = this.#trackOf(id, metrics);
      track.mark(metrics, at);
      kept.set(id, track);
    }
    this.#tracks = kept;
    this.#markedAt = at;
  }

  read(at: number): Reading {
    const circuits = [...this.#all()].map(known => {
      return new CircuitReading({ ...known, track: this.#trackOf(known.id, known.metrics) }, at);
    });
    return { at, totals: totalsOf(circuits), circuits };
  }

  /** The row of one circuit, with the counters that it is made of. */
  readOne(id: string, at: number): { row: HostRow; metrics: KeyMetrics } | undefined {
    const { policy, breaker } = this.find(id) ?? {};
    // Not `metricsOf`, which takes a URL too and would reduce a key that looks like one to its origin.
    const metrics = policy?.metrics().keys.find(({ key }) => key === breaker?.key);
    if (!breaker || !metrics) return undefined;
    const circuit = { id, policy: policy?.name, breaker, metrics, track: this.#trackOf(id, metrics) };
    return { row: new CircuitReading(circuit, at).row(at), metrics };
  }

  /** Told of a transition, it knows exactly since when the circuit has been down. */
  transition(id: string, { from, to }: Pick<TransitionEvent, 'from' | 'to'>, at: number): void {
    if (!this.find(id)) return;
    const track = this.#tracks.get(id) ?? new Track(this.#markedAt);
    this.#tracks.set(id, track);
    if (from === 'closed' || to === 'closed') track.downSince(true, undefined);
    if (to !== 'closed') track.downSince(false, at);
  }

  /** Makes no circuit: names come from strangers. */
  find(id: string): Found | undefined {
    const [, index = '', key = ''] = /^(\d{1,4}) (.*)$/s.exec(id) ?? [];
    const policy = this.#policies[Number(index || Number.NaN)];
    const breaker = policy?.registry.peek(key);
    return policy && breaker && { policy, breaker };
  }

  *#all(): Generator<Omit<Circuit, 'track'>> {
    for (const [index, policy] of this.#policies.entries()) {
      for (const metrics of policy.metrics().keys) {
        const breaker = policy.registry.peek(metrics.key);
        if (breaker) yield { id: idOf(index, metrics.key), policy: policy.name, breaker, metrics };
      }
    }
  }

  #trackOf(id: string, metrics: KeyMetrics): Track {
    const known = this.#tracks.get(id);
    if (known?.precedes(metrics)) return known;
    const track = new Track(this.#markedAt);
    this.#tracks.set(id, track);
    return track;
  }
}

/** Two policies may have circuits of the same key. */
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
