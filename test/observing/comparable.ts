/** What is said in two expositions, in one spelling. */

import type { Scraped } from './scrape.ts';

/** What every series of one host has, and the exporter's own. */
const OF_ALL = ['server_address', 'server_port', 'cutout_breaker_name', 'otel_scope_name'];

/** By name and labels. A label that is empty is none, and OpenTelemetry's own exporter leaves units out of names. */
export function comparable(all: readonly Scraped[]): Record<string, number> {
  const lines = all.map(({ name, labels, value }) => {
    const own = Object.entries(labels).filter(([label, text]) => text !== '' && !OF_ALL.includes(label));
    const words = own.map(([label, text]) => `${label}=${text}`).toSorted();
    return [[name.replace(/_time_total$/, '_time_seconds_total'), ...words].join(' '), value] as const;
  });
  if (new Set(lines.map(([line]) => line)).size < lines.length) throw new Error('two series are the same');
  return Object.fromEntries(lines);
}
