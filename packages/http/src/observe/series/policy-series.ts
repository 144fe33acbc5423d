/** The series of several policies that are shown in one place. */

import { escaped } from '@cutout/core/internal';
import type { HttpPolicy } from '../../policy/policy.ts';
import { LATENCY_BOUNDS_MS, type LatencyMetrics } from '../latency-histogram.ts';
import {
  type Attributes,
  attributesOfTransition,
  type Instrument,
  REGISTRY_KEYS,
  SERIES_ROWS,
  TRANSITIONS,
} from './instruments.ts';
import { COUNTING, levelOf, type NamedColumn, type Row, SeriesTable, STANDING, SUMS } from './ledger.ts';
import type { CheckedSeries } from './series-options.ts';

/** One value of an instrument, without what says which host it is. */
export interface Sample {
  readonly name: string;
  readonly attributes: Attributes;
  readonly value: number;
}

/** All that policies of one name say of one host. */
export interface HostSeries {
  /** The host, and the name of the policy where it has one. */
  readonly attributes: Attributes;
  readonly samples: readonly Sample[];
  readonly latency: LatencyMetrics;
}

/** What policies of one name say of themselves. */
export interface PolicyNumbers {
  /** The name of the policy where it has one. */
  readonly attributes: Attributes;
  readonly samples: readonly Sample[];
}

/** Reads policies where somebody asks; a bounded number of hosts each has series of its own. Their counters never fall. */
export class PolicySeries {
  readonly #ledgers = new Map<HttpPolicy, SeriesTable>();

  get size(): number {
    return this.#ledgers.size;
  }

  has(policy: HttpPolicy): boolean {
    return this.#ledgers.has(policy);
  }

  /** A policy that is there already is not counted twice: the later options hold. Returns the function that ends it. */
  add(policy: HttpPolicy, options: CheckedSeries): () => void {
    const ledger = new SeriesTable(policy, options);
    this.#ledgers.set(policy, ledger);
    return () => {
      if (this.#ledgers.get(policy) === ledger) this.#ledgers.delete(policy);
    };
  }

  /** Policies of one name may call the same host: what they say of it is summed, because a series can have one value only. */
  read(): HostSeries[] {
    const rows = [...this.#ledgers.values()].flatMap(ledger => [...ledger.read()]);
    const hosts = Map.groupBy(rows, ({ id }) => id);
    return [...hosts.values()].map(([first, ...others]) => seriesOf(others.reduce(sumOf, first as Row)));
  }

  /**
   * Of the policies themselves, by name, as they were last read. Policies may share a registry, which is counted once for
   * a name.
   */
  policies(): PolicyNumbers[] {
    const named = Map.groupBy(this.#ledgers, ([{ name }]) => name);
    return [...named].map(([name, entries]) => {
      const registries = [...new Set(entries.map(([{ registry }]) => registry))].map(registry => registry.metrics());
      const sizes = entries.map(([, ledger]) => ledger.size);
      const samples = [
        sample(
          REGISTRY_KEYS,
          'not_kept',
          registries.map(({ notKept }) => notKept),
        ),
        sample(
          REGISTRY_KEYS,
          'evicted',
          registries.map(({ evicted }) => evicted),
        ),
        sample(
          SERIES_ROWS,
          'used',
          sizes.map(({ used }) => used),
        ),
        sample(
          SERIES_ROWS,
          'refused',
          sizes.map(({ refused }) => refused),
        ),
      ];
      return { attributes: name === undefined ? {} : { 'cutout.breaker.name': escaped(name) }, samples };
    });
  }
}

function sample({ name, attributes: [attribute = ''] }: Instrument, of: string, values: readonly number[]): Sample {
  return { name, attributes: { [attribute]: of }, value: values.reduce((sum, value) => sum + value, 0) };
}

function sumOf(a: Row, b: Row): Row {
  const transitions = new Map(a.transitions);
  for (const [way, transition] of b.transitions) {
    transitions.set(way, { ...transition, count: transition.count + (a.transitions.get(way)?.count ?? 0) });
  }
  return {
    ...a,
    transitions,
    sums: a.sums.map((value, i) => value + (b.sums[i] as number)),
    levels: STANDING.map((column, i) => levelOf(column, a.levels[i], b.levels[i])),
  };
}

function seriesOf({ attributes, sums, levels, transitions }: Row): HostSeries {
  const ways = [...transitions.values()].map(transition => ({
    name: TRANSITIONS.name,
    attributes: attributesOfTransition(transition),
    value: transition.count,
  }));
  const samples = [...samplesOf(COUNTING, sums), ...ways, ...samplesOf(STANDING, levels)];
  return { attributes, samples, latency: latencyOf(sums) };
}

function samplesOf(columns: readonly NamedColumn[], values: readonly (number | undefined)[]): Sample[] {
  return columns.flatMap(({ name, attributes }, i) => {
    const value = values[i];
    return value === undefined ? [] : [{ name, attributes, value }];
  });
}

function latencyOf(sums: readonly number[]): LatencyMetrics {
  const buckets = sums.slice(COUNTING.length, COUNTING.length + LATENCY_BOUNDS_MS.length + 1);
  return { buckets, count: buckets.reduce((sum, each) => sum + each), sumMs: sums[SUMS.length - 1] as number };
}
