/** The controls that select circuits: the filter, the default order, and the number of rows. */

import type { DashboardSnapshot } from '../snapshot.ts';
import { MAX_LIMIT, VIEW_DEFAULTS, type View } from '../view.ts';
import { byId, setText } from './dom.ts';
import { count } from './format.ts';

const STEP = 400;

export class Toolbar {
  readonly #filter = byId<HTMLInputElement>('filter');
  readonly #trouble = byId<HTMLButtonElement>('trouble');
  readonly #shown = byId('shown');
  readonly #more = byId<HTMLButtonElement>('more');

  constructor(change: (view: Partial<View>) => void, limit: () => number) {
    this.#filter.addEventListener('input', () => change({ filter: this.#filter.value.trim() }));
    this.#trouble.addEventListener('click', () => change({ sort: VIEW_DEFAULTS.sort, reversed: false }));
    this.#more.addEventListener('click', () => change({ limit: Math.min(limit() + STEP, MAX_LIMIT) }));
  }

  showView({ filter, sort }: View): void {
    if (this.#filter.value.trim() !== filter) this.#filter.value = filter;
    this.#trouble.setAttribute('aria-pressed', String(sort === VIEW_DEFAULTS.sort));
  }

  show({ hosts, matching, totals }: DashboardSnapshot, { filter, limit }: View): void {
    const all = hosts.length >= matching;
    this.#more.hidden = all || limit >= MAX_LIMIT;
    setText(this.#shown, shownWords(hosts.length, matching, totals.circuits, filter));
  }
}

function shownWords(shown: number, matching: number, circuits: number, filter: string): string {
  if (circuits === 0) return 'A circuit appears here with the first call to its host.';
  if (matching === 0) return `None of ${count(circuits)} circuits has “${filter}” in its name.`;
  const of = filter === '' ? '' : ' that fit the filter';
  if (shown >= matching) return `${count(shown)} ${shown === 1 ? 'circuit' : 'circuits'}${of}`;
  return `${count(shown)} of ${count(matching)}${of} shown`;
}
