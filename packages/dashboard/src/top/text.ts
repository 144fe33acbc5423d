/** Text from strangers, made safe for a terminal and fitted to a number of its columns. */

/** Controls (C0, C1, DEL), marks of direction, what is invisible or of no known width, halves of characters. */
const UNSAFE = /[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu;
/** More marks on one letter than any language has; they would pile up over the lines around. */
const PILED_MARKS = /(\p{M}{2})\p{M}+/gu;

const ZERO_WIDTH = /[\p{Mn}\p{Me}\u1160-\u11ff\ud7b0-\ud7ff]/u;
/** East Asian Width W and F (UAX #11), in runs; what is unassigned in between never gets here. */
const WIDE =
  /[\u1100-\u115f\u2329\u232a\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe10-\ufe19\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{16fe0}-\u{18dff}\u{1aff0}-\u{1b2ff}\u{1f200}-\u{1f265}\u{20000}-\u{3fffd}\p{Emoji_Presentation}]/u;
const HALF_OF_A_FLAG = /\p{Regional_Indicator}/u;

/** The text with everything that could steer a terminal, or confuse its reader, shown as �. */
export function printable(text: string): string {
  return text.normalize('NFC').replace(UNSAFE, '�').replace(PILED_MARKS, '$1');
}

/** The columns that printable text takes. */
export function widthOf(text: string): number {
  let width = 0;
  for (const character of text) width += columnsOf(character);
  return width;
}

function columnsOf(character: string): number {
  if (character < '\u0300') return 1;
  if (ZERO_WIDTH.test(character)) return 0;
  return WIDE.test(character) && !HALF_OF_A_FLAG.test(character) ? 2 : 1;
}

/** Printable text of exactly so many columns: filled up with spaces, or cut, which a … tells. As it is for Infinity. */
export function fit(text: string, columns: number, align: 'left' | 'right' = 'left'): string {
  const shown = cut(text, columns);
  const fill = Number.isFinite(columns) ? ' '.repeat(columns - widthOf(shown)) : '';
  return align === 'left' ? shown + fill : fill + shown;
}

/** Printable text of at most so many columns. */
export function cut(text: string, columns: number): string {
  // A name of megabytes need not be read to its end: no letter takes more than this.
  const safe = printable(text.slice(0, columns * MOST_UNITS_A_COLUMN + MOST_UNITS_A_COLUMN));
  if (widthOf(safe) <= columns) return safe;
  let shown = '';
  let left = columns - 1;
  for (const character of safe) {
    left -= columnsOf(character);
    if (left < 0) break;
    shown += character;
  }
  return columns < 1 ? '' : `${shown}…`;
}

/** A letter outside the first plane and two marks like it. */
const MOST_UNITS_A_COLUMN = 6;
