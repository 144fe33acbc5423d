/** Counts events, to compare the policy's metrics with them. */

import { deepStrictEqual } from 'node:assert/strict';
import type { HttpEvent, KeyMetrics, PolicyMetrics } from '@cutout/http';

type Counts = Record<string, number>;

export class Tally {
  readonly #counts: Counts = {};

  add(event: HttpEvent): void {
    const name = nameOf(event);
    this.#counts[name] = (this.#counts[name] ?? 0) + 1;
  }

  /** @throws AssertionError where the metrics and the events differ. */
  compare({ keys }: PolicyMetrics): void {
    const counted: Counts = {};
    for (const [name, count] of keys.flatMap(countsOf)) {
      if (count > 0) counted[name] = (counted[name] ?? 0) + count;
    }
    const emitted = Object.entries(this.#counts).filter(([name]) => name !== 'uncounted');
    deepStrictEqual(sorted(Object.entries(counted)), sorted(emitted), 'the metrics do not agree with the events');
  }
}

function nameOf(event: HttpEvent): string {
  switch (event.type) {
    case 'outcome':
      if (event.stage !== 'body') return `answer ${event.verdict}`;
      return event.verdict === 'failure' ? 'broken body' : 'uncounted';
    case 'transition':
      return `transition ${event.from} ${event.to} ${event.reason}`;
    case 'retry-refused':
      return `retry-refused ${event.reason}`;
    case 'registry-full':
    case 'fallback-refused':
      return 'uncounted';
    default:
      return event.type;
  }
}

function countsOf(metrics: KeyMetrics): [string, number][] {
  const { answers, transitions, retriesRefused, hedges } = metrics;
  return [
    ...Object.entries(answers).map(([verdict, count]): [string, number] => [`answer ${verdict}`, count]),
    ['broken body', metrics.brokenBodies],
    ['rejected', metrics.rejected],
    ...transitions.map(({ from, to, reason, count }): [string, number] => [
      `transition ${from} ${to} ${reason}`,
      count,
    ]),
    ['retry', metrics.retries],
    ...Object.entries(retriesRefused).map(([reason, count]): [string, number] => [`retry-refused ${reason}`, count]),
    ['hedge', hedges.sent],
    ['hedge-won', hedges.won],
    ['hedge-refused', hedges.refused],
    ['fallback', metrics.fallbacks],
    ['stale', metrics.staleAnswers],
    ['bulkhead-rejected', metrics.bulkheadRejected],
  ];
}

function sorted(entries: readonly [string, number][]): readonly [string, number][] {
  return [...entries].sort(([a], [b]) => (a < b ? -1 : 1));
}
