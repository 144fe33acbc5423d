/** The counters of a circuit since its first call. */

import type { KeyMetrics } from '@cutout/http';
import { html } from './dom.ts';
import { count, duration } from './format.ts';
import { CALL_ENDS, RETRY_REFUSALS, reasonWords } from './words.ts';

type Entry = readonly [name: string, value: number];

export function counters(metrics: KeyMetrics): HTMLElement[] {
  const { calls, retriesRefused, transitions } = metrics;
  return [
    list('Calls by how they ended', named(CALL_ENDS, calls)),
    list('Attempts', attempts(metrics)),
    list('Retries that were not made', named(RETRY_REFUSALS, retriesRefused)),
    list('Transitions', transitions.map(transition)),
    spent(metrics),
  ].filter(part => part !== undefined);
}

/** Counts with their display names. */
function named<K extends string>(
  names: Readonly<Record<K, string>>,
  counts: Readonly<Partial<Record<K, number>>>,
): Entry[] {
  const all = Object.entries<number | undefined>(counts);
  return all.map(([name, value = 0]) => [names[name as K] ?? name, value]);
}

function attempts({
  retries,
  hedges,
  fallbacks,
  staleAnswers,
  bulkheadRejected,
  rejected,
  brokenBodies,
}: KeyMetrics): Entry[] {
  return [
    ['retries', retries],
    ['hedges sent', hedges.sent],
    ['hedges that won', hedges.won],
    ['refused by the circuit', rejected],
    ['rejected by the bulkhead', bulkheadRejected],
    ['bodies that broke', brokenBodies],
    ['answered by a fallback', fallbacks],
    ['answered by the last good answer', staleAnswers],
  ];
}

function transition({ from, to, reason, count: times }: KeyMetrics['transitions'][number]): Entry {
  return [`${from} to ${to}: ${reasonWords(reason)}`, times];
}

function spent({ openMs, isolatedMs }: KeyMetrics): HTMLElement | undefined {
  const times = [
    openMs > 0 && `open for ${duration(openMs)}`,
    isolatedMs > 0 && `isolated for ${duration(isolatedMs)}`,
  ];
  const words = times.filter(time => time !== false).join(', ');
  return words === '' ? undefined : html('p', {}, `In all ${words}.`);
}

function list(title: string, entries: readonly Entry[]): HTMLElement | undefined {
  const shown = entries.filter(([, value]) => value > 0);
  if (shown.length === 0) return undefined;
  const items = shown.map(([name, value]) => html('div', {}, html('dt', {}, name), html('dd', {}, count(value))));
  return html('section', {}, html('h3', {}, title), html('dl', {}, ...items));
}
