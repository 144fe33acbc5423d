/** The details of one circuit, fetched once a second while the drawer is open. */

import type { HostRow } from '../snapshot.ts';
import { about, joined, standing } from './columns.ts';
import { Control } from './control.ts';
import { counters } from './counters.ts';
import { byId, setText } from './dom.ts';
import { readings } from './readings.ts';
import { type Explained, explain } from './server.ts';
import { stateWords } from './words.ts';

const EVERY_MS = 1_000;
/** On narrow screens the drawer covers the page and is modal. */
const NARROW = '(max-width: 700px)';

export class Drawer {
  readonly #dialog = byId<HTMLDialogElement>('drawer');
  readonly #control = new Control(() => this.#ask());
  readonly #now: () => number;
  readonly #sections = new Map<HTMLElement, string>();
  #id: string | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #asking = false;

  /** @param closed Called with the id of the circuit. */
  constructor(now: () => number, closed: (id: string) => void) {
    this.#now = now;
    byId('close').addEventListener('click', () => this.#dialog.close());
    document.addEventListener('keydown', event => event.key === 'Escape' && this.#dialog.close());
    this.#dialog.addEventListener('close', () => this.#forget(closed));
  }

  open(id: string, name: string, control: boolean): void {
    this.#id = id;
    setText(byId('drawer-title'), name);
    for (const part of PARTS) this.#fill(byId(part), '', () => []);
    setText(byId('summary'), '');
    this.#control.turnTo(id, control);
    if (!this.#dialog.open) this.#show();
    byId('close').focus();
    void this.#ask();
  }

  #show(): void {
    if (matchMedia(NARROW).matches) this.#dialog.showModal();
    else this.#dialog.show();
  }

  /** Sends one request at a time, the next a second after the answer. */
  async #ask(): Promise<void> {
    if (this.#asking || this.#id === undefined) return;
    const id = this.#id;
    clearTimeout(this.#timer);
    this.#asking = true;
    const answer = await explain(id).catch(error => `Cannot be read: ${(error as Error).message}.`);
    this.#asking = false;
    if (id === this.#id) this.#showAnswer(answer);
    if (this.#id !== undefined) this.#timer = setTimeout(() => this.#ask(), id === this.#id ? EVERY_MS : 0);
  }

  #showAnswer(answer: Explained | string | undefined): void {
    const trouble = answer === undefined ? 'There is no such circuit any more.' : answer;
    if (typeof trouble === 'string') return setText(byId('summary'), trouble);
    const { row, explanation, metrics } = trouble;
    setText(byId('summary'), `${explanation.summary}.`);
    this.#showStanding(row);
    this.#control.showState(row.state);
    this.#fill(byId('readings'), JSON.stringify(explanation), () => readings(explanation));
    this.#fill(byId('counters'), JSON.stringify(metrics), () => counters(metrics));
  }

  #showStanding(row: HostRow): void {
    const pill = byId('drawer-state');
    pill.dataset['state'] = row.state;
    setText(pill, stateWords(row.state, row.shadow));
    setText(byId('drawer-standing'), joined(standing(row, this.#now()), about(row, this.#now())));
  }

  /** Unchanged content stays, so it can be read and selected. */
  #fill(section: HTMLElement, data: string, content: () => HTMLElement[]): void {
    if (this.#sections.get(section) === data) return;
    this.#sections.set(section, data);
    section.replaceChildren(...content());
  }

  #forget(closed: (id: string) => void): void {
    const id = this.#id;
    clearTimeout(this.#timer);
    this.#id = undefined;
    if (id !== undefined) closed(id);
  }
}

const PARTS = ['readings', 'counters'];
