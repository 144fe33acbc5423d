/** Isolate, release and reset, from the drawer. The user enters the token once; it is kept only here. */

import type { BreakerState } from '@cutout/core';
import type { Action } from '../options.ts';
import { button, byId, html, setText } from './dom.ts';
import { act } from './server.ts';

interface Deed {
  readonly label: string;
  /** What it does, shown for confirmation. */
  readonly means: string;
  readonly done: string;
  readonly fits: (state: BreakerState) => boolean;
  /** Whether it needs no confirmation once the token is known. */
  readonly harmless?: true;
}

const DEEDS: Readonly<Record<Action, Deed>> = {
  isolate: {
    label: 'Isolate',
    means: 'All of its calls will be refused until it is released.',
    done: 'Isolated.',
    fits: state => state !== 'isolated',
  },
  release: {
    label: 'Release',
    means: 'It closes, and its calls go through again.',
    done: 'Released.',
    fits: state => state === 'isolated',
    harmless: true,
  },
  reset: {
    label: 'Reset',
    means: 'It closes, and what it has counted is forgotten.',
    done: 'Reset.',
    fits: () => true,
  },
};

const ACTIONS = Object.keys(DEEDS) as Action[];

export class Control {
  readonly #enabled = byId('actions');
  readonly #disabled = byId('no-actions');
  readonly #question = byId('question');
  readonly #means = byId('means');
  readonly #ask = byId('credentials');
  readonly #token = byId<HTMLInputElement>('token');
  readonly #actor = byId<HTMLInputElement>('actor');
  readonly #yes: HTMLButtonElement;
  readonly #result = byId('result');
  readonly #buttons = new Map<Action, HTMLButtonElement>();
  readonly #done: () => void;
  #id = '';
  #chosen: Action = 'isolate';
  #trusted = false;
  #busy = false;

  /** @param done Called after an action, successful or not. */
  constructor(done: () => void) {
    this.#done = done;
    for (const action of ACTIONS)
      this.#buttons.set(
        action,
        button(DEEDS[action].label, {}, () => this.#choose(action)),
      );
    byId('deeds').append(...this.#buttons.values());
    this.#yes = button('Confirm', { class: 'primary' }, () => this.#send());
    byId('answers').append(
      this.#yes,
      button('Cancel', {}, () => this.#cancel()),
    );
    for (const field of [this.#token, this.#actor])
      field.addEventListener('keydown', event => event.key === 'Enter' && this.#send());
  }

  /** Switches to another circuit. */
  turnTo(id: string, control: boolean): void {
    this.#id = id;
    this.#enabled.hidden = !control;
    this.#disabled.hidden = control;
    this.#question.hidden = true;
    this.#showResult('', true);
  }

  showState(state: BreakerState): void {
    // Not `disabled`, which would take the focus from the button just pressed.
    for (const [action, element] of this.#buttons)
      element.setAttribute('aria-disabled', String(!DEEDS[action].fits(state)));
  }

  #choose(action: Action): void {
    if (this.#buttons.get(action)?.ariaDisabled === 'true') return;
    this.#chosen = action;
    this.#showResult('', true);
    if (this.#trusted && DEEDS[action].harmless) return void this.#send();
    setText(this.#means, `${DEEDS[action].label} this circuit? ${DEEDS[action].means}`);
    setText(this.#yes, DEEDS[action].label);
    this.#ask.hidden = this.#trusted;
    this.#question.hidden = false;
    (this.#trusted ? this.#yes : this.#token).focus();
  }

  async #send(): Promise<void> {
    const credentials = { token: this.#token.value.trim(), actor: this.#actor.value.trim() };
    if (this.#busy || credentials.token === '') return;
    const [id, action] = [this.#id, this.#chosen];
    this.#busy = true;
    const status = await act(action, id, credentials).catch(() => undefined);
    this.#busy = false;
    this.#trusted = status === undefined ? this.#trusted : status !== 403;
    if (id === this.#id) this.#conclude(action, status);
    this.#done();
  }

  #conclude(action: Action, status: number | undefined): void {
    const good = status === 200;
    this.#showResult(good ? DEEDS[action].done : failureOf(status), good);
    this.#question.hidden = status !== 403;
    this.#ask.hidden = this.#trusted;
    if (status === 403) this.#token.select();
    else this.#buttons.get(action)?.focus();
  }

  #cancel(): void {
    this.#question.hidden = true;
    this.#buttons.get(this.#chosen)?.focus();
  }

  /** Screen readers announce an error at once (`alert`), and a success in turn (`status`). */
  #showResult(text: string, good: boolean): void {
    const line =
      text === '' ? [] : [html('p', { role: good ? 'status' : 'alert', class: good ? 'good' : 'bad' }, text)];
    this.#result.replaceChildren(...line);
  }
}

function failureOf(status: number | undefined): string {
  if (status === undefined) return 'The server did not answer. It may have been done or not: see the state.';
  if (status === 403) return 'Refused (403): the token is not the right one.';
  if (status === 404) return 'There is no such circuit any more (404).';
  return `The server answered with status ${status}.`;
}
