/** Normalises two expositions for comparison. */

import type { Scraped } from './scrape.ts';

/** Labels common to every series of a host, and those of the exporter. */
const OF_ALL = ['server_address', 'server_port', 'cutout_breaker_name', 'otel_scope_name'];

/** By name and labels. An empty label counts as none, and OpenTelemetry's exporter omits units in names. */
export function comparable(all: readonly Scraped[]): Record<string, number> {
  const lines = all.map(({ name, labels, value }) => {
    const own = Object.entries(labels).filter(([label, text]) => text !== '' && !OF_ALL.includes(label));
    const words = own.map(([label, text]) => `${label}=${text}`).toSorted();
    return [[name.replace(/_time_total$/, '_time_seconds_total'), ...words].join(' '), value] as const;
  });
  if (new Set(lines.map(([line]) => line)).size < lines.length) throw new Error('two series are the same');
  return Object.fromEntries(lines);
}
