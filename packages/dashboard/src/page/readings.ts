/** The readings of a circuit's trips and probes, as pictures and as text. */

import type { AdaptiveReading, ConsecutiveReading, Explanation, RateReading } from '@cutout/core';
import { bars } from './bars.ts';
import { html } from './dom.ts';
import { count, duration, latency, percent, share } from './format.ts';

/** Beyond this count, marks are less readable than the number. */
const MAX_MARKS = 40;

export function readings({
  trips,
  probes,
  recoveryShare,
  throttle,
}: Pick<Explanation, 'trips' | 'probes' | 'recoveryShare' | 'throttle'>): HTMLElement[] {
  return [
    ...(probes ? [probeReading(probes)] : []),
    ...(recoveryShare === undefined ? [] : [recovery(recoveryShare)]),
    ...trips.map(tripReading),
    ...(throttle ? [throttling(throttle)] : []),
  ];
}

function tripReading(reading: Explanation['trips'][number]): HTMLElement {
  switch (reading.type) {
    case 'consecutive':
      return consecutive(reading);
    case 'rate':
      return rateReading(reading);
    case 'custom':
      return section(reading.name, reading.description ?? 'a rule of the application');
    default:
      return adaptive(reading);
  }
}

function consecutive({ failures, limit }: ConsecutiveReading): HTMLElement {
  const words = `${count(failures)} of the ${count(limit)} that open it`;
  return section('Failures in a row', words, ...(limit <= MAX_MARKS ? [marks(failures, limit)] : []));
}

function rateReading(reading: RateReading): HTMLElement {
  const { window, calls, failed, slow, slowRatio } = reading;
  const span = window.type === 'count' ? `last ${count(window.size)} calls` : `last ${duration(window.durationMs)}`;
  const slowness =
    slowRatio === undefined ? '' : `; slow answers: opens at ${percent(slowRatio * 100)}, now ${share(slow, calls)}`;
  const line = `opens at ${percent(reading.failureRatio * 100)}, now ${share(failed, calls)} (${failed} of ${calls})`;
  return section(`Failures of the ${span}`, line + slowness + tooFew(reading), bars(reading));
}

function adaptive(reading: AdaptiveReading): HTMLElement {
  const { calls, failed, latencyMs, normal, windowMs } = reading;
  const usual = normal ? `normal is ${percent(normal.failureRatio * 100)}` : 'what is normal is not learned yet';
  const line = `${usual}, now ${share(failed, calls)} (${failed} of ${calls})`;
  const slower = latencyMs === undefined ? '' : `; latency ${latency(latencyMs)}${normalLatency(normal)}`;
  return section(
    `Compared to what is normal, last ${duration(windowMs)}`,
    line + slower + tooFew(reading),
    bars(reading),
  );
}

function normalLatency(normal: AdaptiveReading['normal']): string {
  return normal?.latencyMs === undefined ? '' : `, normal is ${latency(normal.latencyMs)}`;
}

function tooFew({ calls, minimumCalls }: RateReading | AdaptiveReading): string {
  return calls < minimumCalls ? `; judged from ${count(minimumCalls)} calls on` : '';
}

function probeReading(probes: NonNullable<Explanation['probes']>): HTMLElement {
  const { successes, successThreshold, inFlight, maxCalls } = probes;
  const words = `${count(successes)} of the ${count(successThreshold)} successes that close it, ${count(inFlight)} of at most ${count(maxCalls)} under way`;
  return section('Probes', words, ...(successThreshold <= MAX_MARKS ? [marks(successes, successThreshold, 'ok')] : []));
}

function recovery(share: number): HTMLElement {
  return section('Recovery', `${percent(share * 100)} of the calls are let through`);
}

function throttling({ refused, accepts, requests }: NonNullable<Explanation['throttle']>): HTMLElement {
  const answered = `${count(accepts)} of ${count(requests)} calls were answered well`;
  return section('Throttle', `${percent(refused * 100)} of the calls are refused: ${answered}`);
}

function marks(filled: number, of: number, kind = 'failed'): HTMLElement {
  const all = Array.from({ length: of }, (_, n) => html('i', { class: n < filled ? kind : '' }));
  return html('div', { class: 'marks', 'aria-hidden': 'true' }, ...all);
}

function section(title: string, words: string, ...more: HTMLElement[]): HTMLElement {
  return html('section', {}, html('h3', {}, title), html('p', {}, words), ...more);
}
