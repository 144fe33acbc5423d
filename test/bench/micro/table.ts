/** Markdown tables, and the format of their numbers. */

import type { Spread } from './statistics.ts';

export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map((_, i) => (i === 0 ? '---' : '---:'))), ...rows.map(line)].join('\n');
}

export const bold = (name: string): string => (name.startsWith('cutout') ? `**${name}**` : name);

export const times = (ratio: number): string => `${ratio.toFixed(2)} x`;

export const spreadOf = ({ low, middle, high }: Spread): string =>
  `${middle.toFixed(2)} [${low.toFixed(2)} .. ${high.toFixed(2)}]`;

/** Whole numbers with spaces between thousands. */
export const whole = (value: number): string =>
  Math.round(value)
    .toString()
    .replaceAll(/\B(?=(\d{3})+$)/g, ' ');

export const ns = (value: number): string => (value < 100 ? value.toFixed(1) : whole(value));
