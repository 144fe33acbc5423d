/** A window as bars: calls and failures per bucket, and below the failure ratio with its limit. */

import type { AdaptiveReading, RateReading, WindowBucket } from '@cutout/core';
import { html, svg } from './dom.ts';
import { count, percent, share } from './format.ts';

const WIDTH = 360;
/** Space beside the bars for the label of the line. */
const LABEL = 76;
const WIDEST = 80;
const CALLS_HEIGHT = 64;
const RATIO_TOP = 80;
const RATIO_HEIGHT = 56;
const RATIO_BOTTOM = RATIO_TOP + RATIO_HEIGHT;
/** With a line of text below. */
const HEIGHT = RATIO_BOTTOM + 14;
/** With more bars their numbers do not fit; the table and the tooltips show them. */
const MAX_NUMBERED = 12;

export function bars(reading: RateReading | AdaptiveReading): HTMLElement {
  const { buckets } = reading;
  const most = Math.max(1, ...buckets.map(({ calls }) => calls));
  const chart = svg(
    'svg',
    { class: 'bars', viewBox: `0 0 ${WIDTH + LABEL} ${HEIGHT}`, 'aria-hidden': 'true' },
    hatch(),
    ...(reading.type === 'rate' ? thresholdLine(reading.failureRatio) : []),
    ...buckets.map((bucket, n) => bucketBars(bucket, n, buckets.length, most)),
    svg('path', { class: 'axis', d: `M0 ${CALLS_HEIGHT}.5H${WIDTH}M0 ${RATIO_BOTTOM + 0.5}H${WIDTH}` }),
  );
  return html('figure', {}, legend(most), chart, table(buckets));
}

function bucketBars(bucket: WindowBucket, n: number, of: number, most: number): SVGElement {
  const { calls, failed } = bucket;
  const pitch = WIDTH / of;
  const width = Math.min(pitch * 0.8, WIDEST);
  const place = { x: String(n * pitch + width / 8), width: String(width) };
  const ratio = calls === 0 ? 0 : failed / calls;
  return svg(
    'g',
    {},
    svg('title', {}, bucketWords(bucket)),
    ...bar('calls', place, CALLS_HEIGHT, (calls / most) * CALLS_HEIGHT),
    ...failedBar(place, CALLS_HEIGHT, (failed / most) * CALLS_HEIGHT),
    ...failedBar(place, RATIO_BOTTOM, ratio * RATIO_HEIGHT),
    ...(calls > 0 && of <= MAX_NUMBERED ? [ratioText(place, ratio)] : []),
  );
}

type Place = Readonly<Record<'x' | 'width', string>>;

function bar(kind: string, place: Place, bottom: number, height: number): SVGElement[] {
  if (height <= 0) return [];
  return [svg('rect', { class: kind, ...place, y: String(bottom - height), height: String(height) })];
}

/** Marked by colour, and by hatching for readers who do not see the colour. */
function failedBar(place: Place, bottom: number, height: number): SVGElement[] {
  const fill = bar('failed', place, bottom, height);
  const lines = bar('hatched', place, bottom, height);
  for (const line of lines) line.setAttribute('fill', 'url(#hatch)');
  return [...fill, ...lines];
}

function hatch(): SVGElement {
  const size = { width: '5', height: '5', patternUnits: 'userSpaceOnUse', patternTransform: 'rotate(45)' };
  const line = svg('rect', { class: 'hatch', width: '2', height: '5' });
  return svg('defs', {}, svg('pattern', { id: 'hatch', ...size }, line));
}

function ratioText({ x, width }: Place, ratio: number): SVGElement {
  const place = { x: String(Number(x) + Number(width) / 2), y: String(HEIGHT - 2) };
  return svg('text', { class: 'number', 'text-anchor': 'middle', ...place }, percent(ratio * 100));
}

function thresholdLine(threshold: number): SVGElement[] {
  const y = RATIO_BOTTOM - RATIO_HEIGHT * threshold;
  const place = { x: String(WIDTH + 4), y: String(y + 3) };
  return [
    svg('path', { class: 'threshold', d: `M0 ${y}H${WIDTH}` }),
    svg('text', { class: 'number', ...place }, `opens at ${percent(threshold * 100)}`),
  ];
}

function legend(most: number): HTMLElement {
  return html(
    'figcaption',
    {},
    html('span', { class: 'key-calls' }, 'calls'),
    html('span', { class: 'key-failed' }, 'failed'),
    ` highest bar: ${count(most)} ${most === 1 ? 'call' : 'calls'}; below, the failed share of each; oldest left`,
  );
}

/** The same as text, for readers who do not see the bars. */
function table(buckets: readonly WindowBucket[]): HTMLElement {
  const rows = buckets.map(bucket => html('tr', {}, html('td', {}, bucketWords(bucket))));
  return html('table', { class: 'unseen' }, html('caption', {}, 'The window, oldest first'), ...rows);
}

function bucketWords({ calls, failed, slow }: WindowBucket): string {
  if (calls === 0) return 'no calls';
  const slowness = slow === 0 ? '' : `, ${count(slow)} slow`;
  return `${count(failed)} of ${count(calls)} failed (${share(failed, calls)})${slowness}`;
}
