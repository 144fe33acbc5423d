/** One row of the table. Keeps its elements, and writes only text that changes. */

import type { HostRow } from '../snapshot.ts';
import { COLUMNS, type Column } from './columns.ts';
import { html } from './dom.ts';
import { NOTHING } from './format.ts';
import { Spark } from './spark.ts';

interface Cell {
  readonly column: Column;
  readonly element: HTMLTableCellElement;
  readonly texts: readonly Text[];
}

export class Row {
  readonly element: HTMLTableRowElement;
  /** The name of the circuit: the keyboard focus of the row. */
  readonly button: HTMLButtonElement;
  readonly #cells: readonly Cell[];
  readonly #spark: Spark = new Spark();
  #row: HostRow;

  constructor(row: HostRow, now: number) {
    this.#row = row;
    this.button = html('button', { type: 'button', class: 'l0', tabindex: '-1', title: row.key }, row.key);
    this.#cells = COLUMNS.map(column => this.#cell(column));
    this.element = html('tr', { role: 'row', 'data-id': row.id }, ...this.#cells.map(({ element }) => element));
    this.#write(now);
  }

  show(row: HostRow, now: number): void {
    if (row === this.#row) return;
    this.#row = row;
    this.#write(now);
  }

  /** Updates the texts that depend on the time. */
  tick(now: number): void {
    if (this.#row.since === null && this.#row.lastFailure === undefined) return;
    for (const cell of this.#cells) if (cell.column.ticks) this.#writeCell(cell, now);
  }

  #write(now: number): void {
    const { state } = this.#row;
    if (this.element.dataset['state'] !== state) this.element.dataset['state'] = state;
    for (const cell of this.#cells) this.#writeCell(cell, now);
    this.#spark.show(this.#row);
  }

  #writeCell({ column, element, texts }: Cell, now: number): void {
    column.lines.forEach((line, n) => {
      const text = texts[n];
      const written = line(this.#row, now);
      if (!text || text.data === written) return;
      text.data = written;
      if (n === 0) element.classList.toggle('nil', written === '0' || written === NOTHING);
    });
  }

  #cell(column: Column): Cell {
    const texts = column.lines.map(() => new Text());
    const lines = texts.map((text, n) => html('span', { class: `l${n}` }, text));
    const attributes = { class: `c-${column.sort}`, 'data-label': column.label };
    if (column.sort === 'key') return this.#keyCell(column, texts, lines);
    const more = column.sort === 'success' ? [this.#spark.element] : [];
    return { column, texts, element: html('td', { role: 'cell', ...attributes }, ...more, ...lines) };
  }

  /** The first line is the button, which never changes. */
  #keyCell(column: Column, texts: readonly Text[], [, ...lines]: readonly HTMLElement[]): Cell {
    const attributes = { role: 'rowheader', scope: 'row', class: 'c-key' };
    return { column, texts, element: html('th', attributes, this.button, ...lines) };
  }
}
