/** The effect of keys: a state and a key give the next state. */

import { ORDERS, type SortBy, type View } from '../view.ts';

export interface Controls {
  readonly view: View;
  /** The filter while it is being edited. */
  readonly draft?: string;
}

/** The server's maximum. */
const MAX_FILTER = 200;

/** @returns 'quit' if the key ends the program, and the same object if it has no effect. */
export function press(controls: Controls, key: string): Controls | 'quit' {
  if (key === 'ctrl-c') return 'quit';
  return controls.draft === undefined ? command(controls, key) : edit(controls.view, controls.draft, key, controls);
}

function command(controls: Controls, key: string): Controls | 'quit' {
  const { view } = controls;
  switch (key) {
    case 'q':
    case 'escape':
      return 'quit';
    case 's':
      return { view: { ...view, sort: nextSort(view.sort) } };
    case 'r':
      return { view: { ...view, reversed: !view.reversed } };
    case '/':
      return { view, draft: view.filter };
    default:
      return controls;
  }
}

function nextSort(sort: SortBy): SortBy {
  const names = Object.keys(ORDERS) as SortBy[];
  return names[(names.indexOf(sort) + 1) % names.length] ?? sort;
}

function edit(view: View, draft: string, key: string, controls: Controls): Controls {
  switch (key) {
    case 'enter':
      return { view: { ...view, filter: draft } };
    case 'escape':
      return { view: { ...view, filter: '' } };
    case 'backspace':
      return { view, draft: [...draft].slice(0, -1).join('') };
    case 'ctrl-u':
      return { view, draft: '' };
    default:
      return isLetter(key) && draft.length + key.length <= MAX_FILTER ? { view, draft: draft + key } : controls;
  }
}

/** Keys without a character have a longer name. */
function isLetter(key: string): boolean {
  return [...key].length === 1;
}
