/** Sums samples by series, so that counters never fall where a registry has dropped a key, or made it anew. */

import type { Attributes } from '@opentelemetry/api';
import type { Sample } from './samples.ts';

interface Series<Name extends string> {
  readonly name: Name;
  readonly attributes: Attributes;
  value: number;
}

/** Of one key: what each of its series was at the last look. */
type Last<Name extends string> = Map<Series<Name>, number>;

export class Ledger<Name extends string> {
  /** By the host's own attributes object, and what tells the samples of one host apart. */
  readonly #series = new Map<Attributes, Map<string, Series<Name>>>();
  readonly #last = new Map<string, Last<Name>>();

  /** Adds what has come since the last look. A number that has fallen began anew. */
  add(key: string, host: Attributes, samples: readonly Sample<Name>[]): void {
    const last = this.#last.get(key) ?? new Map();
    for (const sample of samples) {
      const series = this.#seriesOf(host, sample);
      const known = last.get(series) ?? 0;
      series.value += sample.value >= known ? sample.value - known : sample.value;
      // Most numbers of most hosts are 0, which is what a missing one is taken for.
      if (sample.value > 0) last.set(series, sample.value);
      else last.delete(series);
    }
    this.#last.set(key, last);
  }

  /** Forgets keys that are gone; what they have added stays. */
  keepOnly(keys: ReadonlySet<string>): void {
    for (const key of this.#last.keys()) if (!keys.has(key)) this.#last.delete(key);
  }

  get series(): readonly Readonly<Series<Name>>[] {
    return [...this.#series.values()].flatMap(each => [...each.values()]);
  }

  #seriesOf(host: Attributes, { name, attributes }: Sample<Name>): Series<Name> {
    const ofHost = this.#series.get(host) ?? new Map<string, Series<Name>>();
    this.#series.set(host, ofHost);
    const id = [name, ...Object.values(attributes)].join(' ');
    const known = ofHost.get(id);
    if (known) return known;
    const series = { name, attributes: { ...host, ...attributes }, value: 0 };
    ofHost.set(id, series);
    return series;
  }
}

/** The present sum of each series, for what goes up and down. */
export function sumsOf<Name extends string>(
  samples: Iterable<readonly [host: Attributes, samples: readonly Sample<Name>[]]>,
): readonly Readonly<Series<Name>>[] {
  const sums = new Ledger<Name>();
  let key = 0;
  for (const [host, each] of samples) sums.add(String(key++), host, each);
  return sums.series;
}
