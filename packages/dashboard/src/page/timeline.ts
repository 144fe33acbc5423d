/** The transitions, newest first. */

import { type TimelineEntry, UNNAMED } from '../snapshot.ts';
import { byId, html } from './dom.ts';
import { timeOfDay } from './format.ts';
import { reasonWords } from './words.ts';

export class Timeline {
  readonly #list = byId('transitions');
  readonly #empty = byId('no-transitions');
  #shown: readonly TimelineEntry[] = [];

  constructor() {
    // Focusable, because not every browser lets the keyboard scroll it otherwise.
    this.#list.tabIndex = 0;
    byId('to-timeline').addEventListener('click', () => this.#list.focus());
  }

  /** @param events Oldest first. Known events are the same objects as before. */
  show(events: readonly TimelineEntry[], now: number): void {
    if (events === this.#shown) return;
    const last = this.#shown.at(-1);
    const known = last === undefined ? -1 : events.lastIndexOf(last);
    if (known === -1) this.#list.replaceChildren();
    this.#list.prepend(
      ...events
        .slice(known + 1)
        .map(event => item(event, now))
        .reverse(),
    );
    while (this.#list.childElementCount > events.length) this.#list.lastElementChild?.remove();
    this.#empty.hidden = events.length > 0;
    this.#shown = events;
  }
}

function item({ at, id, key, policy, from, to, reason, cause, by }: TimelineEntry, now: number): HTMLElement {
  const where = policy === undefined ? key : `${key} (${policy})`;
  const why = [reasonWords(reason), cause, by && byWords(by)].filter(Boolean).join(' · ');
  return html(
    'li',
    { 'data-id': id },
    html('time', { datetime: new Date(at).toISOString() }, timeOfDay(at, now)),
    html('span', { class: 'way' }, state(from), html('span', { class: 'to' }, ' to '), state(to)),
    html('span', { class: 'where', title: where }, where),
    html('span', { class: 'why' }, why),
  );
}

function state(name: string): HTMLElement {
  return html('span', { 'data-state': name }, name);
}

function byWords(by: string): string {
  return by === UNNAMED ? 'from this page' : `by ${by} on this page`;
}
