/** The dashboard, and its queries to Prometheus. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '../..');
export const dashboardText = readFileSync(join(root, 'packages/prometheus/grafana/cutout.json'), 'utf8');

/** Every `expr` of panels and annotations, and every query of a variable. */
export function expressionsOf(value: unknown = JSON.parse(dashboardText)): string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => {
    if (typeof inner === 'string' && (key === 'expr' || key === 'definition')) return [inner];
    return expressionsOf(inner);
  });
}

interface Panel {
  readonly id: number;
  readonly title: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets: readonly { readonly expr: string; readonly legendFormat: string }[];
}

export const panels: readonly Panel[] = JSON.parse(dashboardText).panels;
