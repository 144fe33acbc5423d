/** Makes untrusted text safe for a terminal, and fits it to a number of columns. */

/** Control characters (C0, C1, DEL), direction marks, invisible characters, unknown widths, lone surrogates. */
const UNSAFE = /[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu;
/** More combining marks on one letter than any language has; they would overlap other lines. */
const PILED_MARKS = /(\p{M}{2})\p{M}+/gu;

const ZERO_WIDTH = /[\p{Mn}\p{Me}\u1160-\u11ff\ud7b0-\ud7ff]/u;
/** East Asian Width W and F (UAX #11), in runs. Unassigned code points in between are replaced before. */
const WIDE =
  /[\u1100-\u115f\u2329\u232a\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe10-\ufe19\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{16fe0}-\u{18dff}\u{1aff0}-\u{1b2ff}\u{1f200}-\u{1f265}\u{20000}-\u{3fffd}\p{Emoji_Presentation}]/u;
const HALF_OF_A_FLAG = /\p{Regional_Indicator}/u;

/** Replaces everything that could control a terminal or mislead its reader with �. */
export function printable(text: string): string {
  return text.normalize('NFC').replace(UNSAFE, '�').replace(PILED_MARKS, '$1');
}

/** The width of printable text in columns. */
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

/** Fits printable text to exactly `columns`: padded with spaces, or cut with a …. Unchanged for Infinity. */
export function fit(text: string, columns: number, align: 'left' | 'right' = 'left'): string {
  const shown = cut(text, columns);
  const fill = Number.isFinite(columns) ? ' '.repeat(columns - widthOf(shown)) : '';
  return align === 'left' ? shown + fill : fill + shown;
}

/** Cuts printable text to at most `columns`. */
export function cut(text: string, columns: number): string {
  // Avoids reading megabytes: no letter takes more than this.
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

/** A letter outside the basic plane, and two such marks. */
const MOST_UNITS_A_COLUMN = 6;
