import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cut, fit, printable, widthOf } from './text.ts';

describe('text for a terminal', () => {
  it.each([
    ['C0', 'a\x1b[31mb\x07\n\t', 'a�[31mb���'],
    ['C1', 'a\x9b31mb\x85', 'a�31mb�'],
    ['DEL', 'a\x7fb', 'a�b'],
    ['bidi', 'a\u202eb\u2066c\u200fd', 'a�b�c�d'],
    ['invisible', 'a\u200bb\u00adc\ufeffd\u3164e', 'a�b�c�d�e'],
    ['line ends', 'a\u2028b\u2029c', 'a�b�c'],
    ['half a character', 'a\ud83db', 'a�b'],
    ['piled marks', `Z${'\u0334'.repeat(50)}`, 'Z\u0334\u0334'],
    ['one letter out of two', 'e\u0301', 'é'],
  ])('shows what could steer it: %s', (_name, text, shown) => {
    expect(printable(text)).toBe(shown);
  });

  it.each([
    ['abc', 3],
    ['注文', 4],
    ['한글', 4],
    ['ｱｱ', 2],
    ['ＡＢ', 4],
    ['😀', 2],
    ['e\u0323\u0302x', 2],
    ['▁▂▃█●▲◐⏸△…�', 11],
  ])('knows the columns of %s', (text, width) => {
    expect(widthOf(printable(text))).toBe(width);
  });

  it.each([
    ['abc', 5, 'abc  '],
    ['abcdef', 5, 'abcd…'],
    ['注文サ', 5, '注文…'],
    ['注文サ', 4, '注… '],
    ['注文', 4, '注文'],
    ['abc', 1, '…'],
    ['abc', 0, ''],
    ['', 3, '   '],
  ])('fits %s into %i columns', (text, columns, shown) => {
    expect(fit(text, columns)).toBe(shown);
  });

  it('aligns numbers right', () => {
    expect(fit('12', 5, 'right')).toBe('   12');
  });

  it('keeps the whole text without a limit', () => {
    expect(cut('a'.repeat(10_000), Number.POSITIVE_INFINITY)).toHaveLength(10_000);
  });

  it('fills any width exactly with any text, without control characters', () => {
    const any = fc.integer({ min: 0, max: 0x10_ffff }).map(code => String.fromCodePoint(code));
    const unit = fc.oneof(fc.constantFrom('\x1b', '\u202e', '注', '😀', '\u0301', '\ud800', 'a'), any);
    const strange = fc.array(unit, { maxLength: 20 }).map(letters => letters.join(''));
    fc.assert(
      fc.property(strange, fc.nat(30), (text, columns) => {
        const shown = fit(text, columns);
        expect(widthOf(shown)).toBe(columns);
        expect(shown).not.toMatch(/[\p{C}\p{Zl}\p{Zp}]/u);
      }),
    );
  });
});
