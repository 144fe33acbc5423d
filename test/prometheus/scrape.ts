/** A scrape as Prometheus reads it. */

import type { Registry } from 'prom-client';

export interface Scraped {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export async function scrape(registry: Registry): Promise<Scraped[]> {
  const lines = (await registry.metrics()).split('\n').filter(line => line !== '' && !line.startsWith('#'));
  return lines.map(line => {
    const [, name = '', labels = '', value] = /^(\w+)\{(.*)\} (\S+)$/.exec(line) ?? [];
    const pairs = [...labels.matchAll(/(\w+)="([^"]*)"/g)].map(([, label, text]) => [label, text]);
    return { name, labels: Object.fromEntries(pairs), value: Number(value) };
  });
}

/** The one value of a name and some labels. */
export function valueIn(all: readonly Scraped[], name: string, labels: Record<string, string> = {}): number {
  const found = all.filter(
    each => each.name === name && Object.entries(labels).every(([k, v]) => each.labels[k] === v),
  );
  if (found.length !== 1) throw new Error(`${found.length} series are ${name} ${JSON.stringify(labels)}`);
  return (found[0] as Scraped).value;
}
