/** Makes text from outside safe to print: on a terminal, in a log, in a message that quotes it. */

/** Control characters, lone surrogates, line separators, and what is invisible or turns the direction of the text. */
const UNSAFE = /[\p{Cc}\p{Cs}\u2028\u2029\u061c\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\u{e0000}-\u{e007f}]/gu;

/**
 * `text` with every character escaped that could begin a line, steer a terminal or hide itself. Other text stays as it
 * is, and text that was escaped before does too.
 *
 * @example
 * escaped('a\nb') // 'a\\nb'
 */
export function escaped(text: string): string {
  return PRINTABLE.test(text) ? text : text.replace(UNSAFE, escapeOf);
}

/** Most text needs no escape, and this test is faster than a replacement. */
const PRINTABLE = /^[ -~]*$/;

const SHORT: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

function escapeOf(character: string): string {
  const hex = (character.codePointAt(0) as number).toString(16);
  return SHORT[character] ?? (hex.length > 4 ? `\\u{${hex}}` : `\\u${hex.padStart(4, '0')}`);
}
