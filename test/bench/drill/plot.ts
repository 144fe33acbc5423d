/** Plots the load on the server over time, one line per contender, as an SVG. */

import type { Run } from './drive.ts';

const WIDTH = 1_200;
const HEIGHT = 560;
const MARGIN = { left: 50, right: 170, top: 40, bottom: 40 };
const BIN_MS = 250;
const PEER_COLOURS = ['#b45309', '#dc2626', '#9333ea', '#db2777', '#0891b2', '#65a30d', '#78716c', '#ca8a04'];
const OUR_COLOURS = ['#1d4ed8', '#2563eb', '#3b82f6', '#60a5fa', '#0f766e', '#14b8a6', '#047857', '#34d399'];

export function plot(runs: readonly Run[]): string {
  const longest = Math.max(...runs.flatMap(({ requests }) => requests.map(({ from }) => from)), 1);
  const loads = runs.map(run => loadOf(run, longest));
  const peak = Math.max(...loads.flat());
  const x = (ms: number): number => MARGIN.left + (ms / longest) * (WIDTH - MARGIN.left - MARGIN.right);
  const y = (perSecond: number): number =>
    HEIGHT - MARGIN.bottom - (perSecond / peak) * (HEIGHT - MARGIN.top - MARGIN.bottom);
  const lines = runs.map((run, i) => lineOf(run, loads[i] as number[], i, x, y));
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="12">`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="white"/>`,
    `<text x="${MARGIN.left}" y="16">Requests per second that reached the server (the same calls by every contender)</text>`,
    ...bands(runs[0] as Run, x, longest),
    ...[0, 0.25, 0.5, 0.75, 1].map(
      part =>
        `<text x="${MARGIN.left - 6}" y="${y(peak * part) + 4}" text-anchor="end">${Math.round(peak * part)}</text>`,
    ),
    ...lines,
    '</svg>',
    '',
  ].join('\n');
}

function loadOf({ requests }: Run, longest: number): number[] {
  const bins: number[] = Array(Math.ceil(longest / BIN_MS) + 1).fill(0);
  for (const { from } of requests) {
    const bin = Math.floor(from / BIN_MS);
    bins[bin] = (bins[bin] ?? 0) + 1_000 / BIN_MS;
  }
  return bins;
}

function lineOf(
  run: Run,
  load: readonly number[],
  i: number,
  x: (ms: number) => number,
  y: (n: number) => number,
): string {
  const { name, ours } = run.contender;
  const colour = (ours ? OUR_COLOURS : PEER_COLOURS)[i % (ours ? OUR_COLOURS : PEER_COLOURS).length];
  const points = load.map((perSecond, bin) => `${x(bin * BIN_MS).toFixed(1)},${y(perSecond).toFixed(1)}`).join(' ');
  const labelY = MARGIN.top + 18 * i + 12;
  return [
    `<polyline points="${points}" fill="none" stroke="${colour}" stroke-width="${ours ? 2.5 : 1.2}"/>`,
    `<line x1="${WIDTH - 160}" x2="${WIDTH - 136}" y1="${labelY - 4}" y2="${labelY - 4}" stroke="${colour}" stroke-width="${ours ? 3 : 1.5}"/>`,
    `<text x="${WIDTH - 130}" y="${labelY}">${name}</text>`,
  ].join('\n');
}

function bands({ phases, begins }: Run, x: (ms: number) => number, longest: number): string[] {
  return phases.flatMap(({ name, failing, ms }, i) => {
    const from = x(begins[i] ?? 0);
    const width = x(Math.min((begins[i] ?? 0) + ms, longest)) - from;
    const fill = failing ? '#fee2e2' : '#f0fdf4';
    const label = name.startsWith('well again') ? '' : `<text x="${from + 4}" y="34" fill="#555">${name}</text>`;
    return [
      `<rect x="${from}" y="${MARGIN.top}" width="${width}" height="${HEIGHT - MARGIN.top - MARGIN.bottom}" fill="${fill}"/>`,
      label,
    ];
  });
}
