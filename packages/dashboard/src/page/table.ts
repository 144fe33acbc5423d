/** The table of circuits. Rows are kept by id, and moved instead of created again. */

import type { HostRow } from '../snapshot.ts';
import type { SortBy, View } from '../view.ts';
import { COLUMNS, type Column } from './columns.ts';
import { button, byId, html } from './dom.ts';
import { Row } from './row.ts';

export interface TableEvents {
  sort(by: SortBy): void;
  open(id: string): void;
}

export class Table {
  readonly #body = byId('circuits');
  readonly #headers = new Map<SortBy, HTMLElement>();
  readonly #rows = new Map<string, Row>();
  readonly #events: TableEvents;
  #hosts: readonly HostRow[] = [];
  /** The only row in the tab order; arrow keys reach the others. */
  #current: HTMLElement | undefined;

  constructor(events: TableEvents) {
    this.#events = events;
    // Explicit roles, since some browsers drop them for tables with another layout.
    for (const [id, role] of Object.entries(ROLES)) byId(id).setAttribute('role', role);
    byId('headers').append(...COLUMNS.map(column => this.#header(column)));
    this.#body.addEventListener('click', event => this.#open(event.target));
    this.#body.addEventListener('keydown', event => this.#move(event));
    this.#body.addEventListener('focusin', event => this.#stopAt(event.target as HTMLElement));
  }

  show(hosts: readonly HostRow[], now: number): void {
    if (hosts === this.#hosts) return;
    const focused = document.activeElement;
    this.#hosts = hosts;
    this.#drop(new Set(hosts.map(({ id }) => id)));
    this.#place(hosts.map(host => this.#row(host, now).element));
    if (!this.#current?.isConnected) this.#stopAt(this.#body.querySelector('button'));
    // Moving an element takes its focus.
    if (focused !== document.activeElement && focused?.isConnected) (focused as HTMLElement).focus(KEEP_PLACE);
  }

  tick(now: number): void {
    for (const row of this.#rows.values()) row.tick(now);
  }

  showOrder({ sort, reversed }: View): void {
    for (const { sort: by, first } of COLUMNS) {
      const order = by === sort ? (reversed ? OPPOSITE[first] : first) : 'none';
      this.#headers.get(by)?.setAttribute('aria-sort', order);
    }
  }

  /** Returns the focus to a row, or to the first if that row is gone. */
  focus(id: string): void {
    (this.#rows.get(id)?.button ?? this.#body.querySelector('button'))?.focus(KEEP_PLACE);
  }

  markOpened(id: string | undefined): void {
    for (const row of this.#body.querySelectorAll('.opened')) row.classList.remove('opened');
    if (id !== undefined) this.#rows.get(id)?.element.classList.add('opened');
  }

  #row(host: HostRow, now: number): Row {
    const known = this.#rows.get(host.id);
    known?.show(host, now);
    const row = known ?? new Row(host, now);
    if (!known) this.#rows.set(host.id, row);
    return row;
  }

  #drop(kept: ReadonlySet<string>): void {
    for (const [id, { element }] of this.#rows) {
      if (kept.has(id)) continue;
      element.remove();
      this.#rows.delete(id);
    }
  }

  /** Moves only rows that are out of place. */
  #place(elements: readonly Element[]): void {
    let next = this.#body.firstElementChild;
    for (const element of elements) {
      // The row in between most likely moved down; otherwise every following row would move by one.
      if (next && element !== next && element === next.nextElementSibling) {
        this.#body.append(next);
        next = element;
      }
      if (element === next) next = element.nextElementSibling;
      else this.#body.insertBefore(element, next);
    }
  }

  #header(column: Column): HTMLElement {
    const { sort, label, hint } = column;
    const inside = button(label, { title: hint }, () => this.#events.sort(sort));
    const attributes = { role: 'columnheader', scope: 'col', class: `c-${sort}`, 'aria-sort': 'none' };
    const header = html('th', attributes, inside);
    this.#headers.set(sort, header);
    return header;
  }

  #open(target: EventTarget | null): void {
    const id = rowOf(target)?.dataset['id'];
    // A click that ends a text selection is not meant for the row.
    const selecting = !(target instanceof HTMLButtonElement) && !document.getSelection()?.isCollapsed;
    if (id !== undefined && !selecting) this.#events.open(id);
  }

  #move(event: KeyboardEvent): void {
    const row = rowOf(event.target);
    const to = row && STEPS[event.key]?.(row);
    if (!to) return;
    event.preventDefault();
    to.querySelector('button')?.focus();
  }

  #stopAt(element: HTMLElement | null): void {
    if (this.#current) this.#current.tabIndex = -1;
    this.#current = element ?? undefined;
    if (element) element.tabIndex = 0;
  }
}

const ROLES = { table: 'table', head: 'rowgroup', headers: 'row', circuits: 'rowgroup' };
const KEEP_PLACE: FocusOptions = { preventScroll: true };
const OPPOSITE = { ascending: 'descending', descending: 'ascending' } as const;

const STEPS: Readonly<Record<string, (row: Element) => Element | null | undefined>> = {
  ArrowDown: row => row.nextElementSibling,
  ArrowUp: row => row.previousElementSibling,
  Home: row => row.parentElement?.firstElementChild,
  End: row => row.parentElement?.lastElementChild,
};

function rowOf(target: EventTarget | null): HTMLElement | null {
  return target instanceof Element ? target.closest<HTMLElement>('tr') : null;
}
