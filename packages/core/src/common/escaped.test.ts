import { describe, expect, it } from 'vitest';
import { escaped } from './escaped.ts';

describe('escaped', () => {
  it.each([
    ['a newline', 'a\nb', 'a\\nb'],
    ['a carriage return', 'a\rb', 'a\\rb'],
    ['a tab', 'a\tb', 'a\\tb'],
    ['an escape sequence of a terminal', '\u001b[31mred', '\\u001b[31mred'],
    ['a null', '\u0000', '\\u0000'],
    ['the last control character of the first block', '\u001f', '\\u001f'],
    ['delete', '\u007f', '\\u007f'],
    ['the control sequence introducer in one character', '\u009b2J', '\\u009b2J'],
    ['a line separator', '\u2028', '\\u2028'],
    ['a paragraph separator', '\u2029', '\\u2029'],
    ['an override of the direction', 'a\u202eb', 'a\\u202eb'],
    ['an isolate of the direction', '\u2066a\u2069', '\\u2066a\\u2069'],
    ['an Arabic letter token', '\u061c', '\\u061c'],
    ['a space without width', '\u200b', '\\u200b'],
    ['a byte order token', '\ufeff', '\\ufeff'],
    ['a lone surrogate', 'a\ud800b', 'a\\ud800b'],
    ['an invisible tag', '\u{e0041}', '\\u{e0041}'],
    ['several, each where it is', '\n\nx\r', '\\n\\nx\\r'],
  ])('escapes %s', (_what, text, expected) => {
    expect(escaped(text)).toBe(expected);
  });

  it.each(['', 'https://a.example:8443', ' ~', '\u00a0', 'für 東京 😀', '\u2027', '\u2030', '"\\n"'])(
    'leaves %j as it is',
    text => {
      expect(escaped(text)).toBe(text);
    },
  );

  it('leaves what it has escaped as it is', () => {
    const once = escaped('a\n\u001b\u{e0041}');
    expect(escaped(once)).toBe(once);
  });
});
