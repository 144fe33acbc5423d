/** The top line: circuits in trouble, calls and refusals per second, and whether the data is live. */

import type { DashboardSnapshot, Totals } from '../snapshot.ts';
import { byId, html, setText } from './dom.ts';
import { count, rate } from './format.ts';

export class Banner {
  readonly #title = byId('title');
  readonly #counts = byId('counts');
  readonly #calls = byId('calls');
  readonly #refused = byId('refused');
  readonly #connection = byId('connection');
  #totals: Totals | undefined;

  show({ title, totals }: DashboardSnapshot): void {
    setText(this.#title, title);
    if (totals === this.#totals) return;
    this.#totals = totals;
    this.#showCounts(totals);
    setText(this.#calls, rate(totals.calls));
    setText(this.#refused, rate(totals.refused));
    this.#refused.parentElement?.classList.toggle('refusing', totals.refused > 0);
  }

  live(): void {
    document.body.dataset['connection'] = 'live';
    setText(this.#connection, 'live');
  }

  /** @param since The time as text; undefined before the first connection. */
  lost(since: string | undefined): void {
    document.body.dataset['connection'] = 'reconnecting';
    setText(this.#connection, since === undefined ? 'connecting' : `reconnecting since ${since}`);
  }

  /** Changes the element only if the text differs, since screen readers announce each change. */
  #showCounts(totals: Totals): void {
    const calm = calmWords(totals);
    const parts = calm === undefined ? troubleParts(totals) : [html('span', { 'data-state': 'closed' }, calm)];
    const text = parts.map(part => (typeof part === 'string' ? part : part.textContent)).join('');
    if (this.#counts.textContent !== text) this.#counts.replaceChildren(...parts);
  }
}

/** The title of the browser tab. */
export function tabTitle({ title, totals: { open, halfOpen, isolated } }: DashboardSnapshot): string {
  const worst = [
    [open, 'open'],
    [halfOpen, 'half-open'],
    [isolated, 'isolated'],
  ] as const;
  const found = worst.find(([number]) => number > 0);
  return found ? `${count(found[0])} ${found[1]} - ${title}` : title;
}

function calmWords({ circuits, open, halfOpen, isolated }: Totals): string | undefined {
  if (circuits === 0) return 'no circuits yet';
  if (open + halfOpen + isolated > 0) return undefined;
  return circuits === 1 ? 'the one circuit is closed' : `all ${count(circuits)} circuits closed`;
}

function troubleParts({ circuits, open, halfOpen, isolated }: Totals): (HTMLElement | string)[] {
  return [
    part('open', open),
    ', ',
    part('half-open', halfOpen),
    ', ',
    part('isolated', isolated),
    html('span', { class: 'of' }, ` of ${count(circuits)} ${circuits === 1 ? 'circuit' : 'circuits'}`),
  ];
}

function part(state: string, number: number): HTMLElement {
  return html('span', { 'data-state': state, ...(number === 0 ? { class: 'nil' } : {}) }, `${count(number)} ${state}`);
}
