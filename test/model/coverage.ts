/** How often the schedules reached each interesting case; a random test that never trips proves nothing. */

export class Coverage {
  readonly hits = new Map<string, number>();

  hit(place: string, times = 1): void {
    this.hits.set(place, (this.hits.get(place) ?? 0) + times);
  }

  missing(places: readonly string[]): string[] {
    return places.filter(place => !this.hits.get(place));
  }

  table(): string {
    const rows = [...this.hits].sort(([a], [b]) => (a < b ? -1 : 1));
    return rows.map(([place, times]) => `${String(times).padStart(12)}  ${place}`).join('\n');
  }
}

const TRANSITIONS = [
  'closed > open: consecutive',
  'closed > open: rate',
  'closed > open: slow',
  'closed > open: probe-body',
  'open > half-open: open-elapsed',
  'half-open > closed: probes-ok',
  'half-open > open: probe-failed',
  'half-open > open: probe-expired',
  'half-open > open: probe-body',
  'closed > isolated: manual',
  'open > isolated: manual',
  'half-open > isolated: manual',
  'isolated > closed: manual',
  'open > closed: manual',
  'half-open > closed: manual',
  'closed > open: restore',
  'closed > half-open: restore',
  'closed > isolated: restore',
  'open > closed: restore',
];

/** The cases that every run of a few thousand schedules must reach. */
export const PLACES: readonly string[] = [
  ...TRANSITIONS,
  'admitted while closed',
  'admitted while half-open',
  'refused while open',
  'refused while half-open',
  'refused while isolated',
  'let by in shadow mode',
  'let by while off',
  'answer: stale',
  'answer: second, changes nothing',
  'answer: body whole',
  'answer: body broken',
  'answer: superseded',
  'stood at the very deadline',
  'open time as the server requested',
  'wall clock stepped',
  'reconfigured while closed',
  'reconfigured while open',
  'reconfigured while half-open',
  'window emptied by a gap',
  'variation: replayed without readings',
  'variation: wall clock elsewhere',
  'variation: without neutral calls',
  'variation: without stale answers',
  'variation: as plain calls',
  'recovery: from closed',
  'recovery: from open',
  'recovery: from half-open',
  'recovery: from isolated',
  'registry: evicted for a new key',
  'registry: dropped when idle',
  'registry: not kept',
  'registry: dropped an open newcomer',
  'registry: a known key stays in spite of a new one',
  'registry: refused in spite of new keys',
  'registry: restored',
];
