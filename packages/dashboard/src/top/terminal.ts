/** Takes over the whole terminal, and restores it. */

import type { ReadStream, WriteStream } from 'node:tty';
import { createKeyReader } from './keys.ts';

export interface Screen {
  /** Writes the lines that differ. */
  readonly draw: (lines: readonly string[]) => void;
  /** Restores the terminal; may be called more than once. */
  readonly restore: () => void;
}

const ENTER = '\x1b[?1049h\x1b[?25l\x1b[?7l\x1b[2J';
/** Wrapping on, cursor visible, main screen. */
const LEAVE = '\x1b[?7h\x1b[?25h\x1b[?1049l';

/** Alternate screen, no cursor, no wrapping, and raw keys. */
export function takeTerminal(
  input: ReadStream,
  output: WriteStream,
  onKeys: (keys: readonly string[]) => void,
): Screen {
  const keys = createKeyReader(onKeys);
  let shown: readonly string[] = [];
  let taken = true;
  const forget = (): void => {
    shown = [];
    output.write('\x1b[2J');
  };
  const restore = (): void => {
    if (!taken) return;
    taken = false;
    process.off('exit', restore);
    output.off('resize', forget);
    output.write(LEAVE);
    if (input.isTTY) input.setRawMode(false);
    input.off('data', keys.push);
    keys.stop();
    input.pause();
  };
  // Runs at every end of the process: writes to a terminal are synchronous.
  process.on('exit', restore);
  output.on('resize', forget);
  listen(input, keys.push);
  output.write(ENTER);
  const draw = (lines: readonly string[]): void => {
    if (!taken) return;
    output.write(changes(shown, lines));
    shown = [...lines];
  };
  return { draw, restore };
}

/** Without a terminal as input there are no keys, but Ctrl-C works. */
function listen(input: ReadStream, push: (sent: string) => void): void {
  if (!input.isTTY) return;
  input.setRawMode(true);
  input.setEncoding('utf8');
  input.on('data', push);
  input.resume();
}

/** The output that turns one screen into the next. Erases each line before writing it; after, it would erase the line's end. */
function changes(before: readonly string[], after: readonly string[]): string {
  const rows = Array.from({ length: Math.max(before.length, after.length) }, (_, row) => row);
  const changed = rows.filter(row => before[row] !== after[row]);
  return changed.map(row => `\x1b[${row + 1};1H\x1b[2K${after[row] ?? ''}`).join('');
}
