/** Parses the keys from the input of a terminal in raw mode. */

const NAMED: Readonly<Record<string, string>> = {
  '\x03': 'ctrl-c',
  '\x08': 'backspace',
  '\x15': 'ctrl-u',
  '\x1b': 'escape',
  '\x7f': 'backspace',
  '\r': 'enter',
  '\n': 'enter',
};

const ESCAPE = '\x1b';
/** An escape sequence such as an arrow (ECMA-48 CSI, SS3), or a character. */
const KEY = new RegExp(String.raw`${ESCAPE}\[[0-?]*[ -/]*[@-~]|${ESCAPE}O.|.`, 'gsu');
const CONTROL = /\p{Cc}/u;

/** Keys without a meaning here are left out. */
function keysOf(sent: string): string[] {
  const keys = sent.match(KEY) ?? [];
  return keys.map(key => NAMED[key] ?? key).filter(key => !CONTROL.test(key));
}

/** A possible beginning of an escape sequence. */
const BEGINNING = new RegExp(String.raw`${ESCAPE}(?:\[[0-?]*[ -/]*|O)?$`);

/** Longer than a network separates the parts of one key, and too short to notice. */
const LONGEST_GAP_MS = 50;

export interface KeyReader {
  readonly push: (sent: string) => void;
  readonly stop: () => void;
}

/** Waits for the rest of a key that arrives in parts: an arrow must not count as Escape. */
export function createKeyReader(onKeys: (keys: readonly string[]) => void): KeyReader {
  let held = '';
  let timer: NodeJS.Timeout | undefined;
  const release = (): void => {
    const sent = held;
    held = '';
    onKeys(keysOf(sent));
  };
  const push = (sent: string): void => {
    clearTimeout(timer);
    held += sent;
    if (BEGINNING.test(held)) timer = setTimeout(release, LONGEST_GAP_MS);
    else release();
  };
  return { push, stop: () => clearTimeout(timer) };
}
