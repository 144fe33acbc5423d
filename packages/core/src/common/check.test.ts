import { describe, expect, it } from 'vitest';
import {
  at,
  checkBoolean,
  checkFunction,
  checkNumber,
  checkObject,
  checkOneOf,
  copyOptions,
  FINITE_MS,
  given,
  POSITIVE_INTEGER,
  POSITIVE_MS,
  show,
  WHOLE_NUMBER,
} from './check.ts';

/** What was thrown, as its kind and text. */
function thrownBy(check: () => unknown): string {
  try {
    return `returned ${String(check())}`;
  } catch (error) {
    return String(error);
  }
}

const itself = {};
Object.assign(itself, { itself });

describe('a value in a message', () => {
  it.each<[unknown, string]>([
    ['text', '"text"'],
    ['"', '"\\""'],
    [12, '12'],
    [-0, '0'],
    [Number.NaN, 'NaN'],
    [true, 'true'],
    [null, 'null'],
    [undefined, 'undefined'],
    [Symbol('s'), 'Symbol(s)'],
    [12n, '12n'],
    [() => 1, 'a function'],
    [{ a: 1 }, '{"a":1}'],
    [[1, 2], '[1,2]'],
    [{ toJSON: () => undefined }, 'an object'],
    [itself, 'an object'],
    ['x'.repeat(78), `"${'x'.repeat(78)}"`],
    ['x'.repeat(79), `"${'x'.repeat(76)}...`],
    [10n ** 90n, `1${'0'.repeat(76)}...`],
    [{ a: 'x'.repeat(99) }, `{"a":"${'x'.repeat(71)}...`],
  ])('%# is shown shortly', (value, shown) => {
    expect(show(value)).toBe(shown);
  });
});

describe('a number', () => {
  it.each<[Parameters<typeof checkNumber>[2], unknown, string]>([
    [POSITIVE_INTEGER, undefined, 'returned 7'],
    [POSITIVE_INTEGER, 1, 'returned 1'],
    [POSITIVE_INTEGER, 0, 'RangeError: a.b must be a positive integer, got 0'],
    [POSITIVE_INTEGER, 1.5, 'RangeError: a.b must be a positive integer, got 1.5'],
    [POSITIVE_INTEGER, 2 ** 53, 'RangeError: a.b must be a positive integer, got 9007199254740992'],
    [POSITIVE_INTEGER, '1', 'TypeError: a.b must be a positive integer, got "1"'],
    [POSITIVE_INTEGER, null, 'TypeError: a.b must be a positive integer, got null'],
    [WHOLE_NUMBER, 0, 'returned 0'],
    [WHOLE_NUMBER, -1, 'RangeError: a.b must be zero or a positive integer, got -1'],
    [WHOLE_NUMBER, 0.5, 'RangeError: a.b must be zero or a positive integer, got 0.5'],
    [POSITIVE_MS, 0.25, 'returned 0.25'],
    [POSITIVE_MS, Number.POSITIVE_INFINITY, 'returned Infinity'],
    [POSITIVE_MS, 0, 'RangeError: a.b must be a positive number of milliseconds, got 0'],
    [POSITIVE_MS, Number.NaN, 'RangeError: a.b must be a positive number of milliseconds, got NaN'],
    [FINITE_MS, Number.MAX_VALUE, `returned ${Number.MAX_VALUE}`],
    [
      FINITE_MS,
      Number.POSITIVE_INFINITY,
      'RangeError: a.b must be a finite, positive number of milliseconds, got Infinity',
    ],
    [{ min: 1, max: 2, expected: '1 to 2' }, 2, 'returned 2'],
    [{ min: 1, max: 2, expected: '1 to 2' }, 2.1, 'RangeError: a.b must be 1 to 2, got 2.1'],
  ])('by rule %# is checked', (rule, value, result) => {
    expect(thrownBy(() => checkNumber('a.b', value, rule, 7))).toBe(result);
  });
});

describe('what must be given', () => {
  it.each([
    [() => checkNumber('a.b', undefined, POSITIVE_INTEGER), 'TypeError: a.b must be a positive integer, got undefined'],
    [() => checkNumber('a.b', 3, POSITIVE_INTEGER), 'returned 3'],
    [() => checkOneOf('a.b', undefined, ['x']), "TypeError: a.b must be one of 'x', got undefined"],
    [() => checkOneOf('a.b', 'x', ['x']), 'returned x'],
  ])('is missed: %#', (check, result) => {
    expect(thrownBy(check)).toBe(result);
  });
});

describe('one of several words, a boolean, a function', () => {
  const oneOf = (value: unknown): string => thrownBy(() => checkOneOf('a.b', value, ['x', 'y'], 'y'));
  const boolean = (value: unknown): string => thrownBy(() => checkBoolean('a.b', value, true));
  const fn = (value: unknown): string => thrownBy(() => checkFunction('a.b', value));

  it.each([
    [oneOf, undefined, 'returned y'],
    [oneOf, 'x', 'returned x'],
    [oneOf, 'z', `RangeError: a.b must be one of 'x', 'y', got "z"`],
    [oneOf, 1, `TypeError: a.b must be one of 'x', 'y', got 1`],
    [boolean, undefined, 'returned true'],
    [boolean, false, 'returned false'],
    [boolean, 0, 'TypeError: a.b must be true or false, got 0'],
    [fn, undefined, 'returned undefined'],
    [fn, String, `returned ${String(String)}`],
    [fn, 1, 'TypeError: a.b must be a function, got 1'],
    [fn, null, 'TypeError: a.b must be a function, got null'],
  ])('are checked: %#', (check, value, result) => {
    expect(check(value)).toBe(result);
  });
});

describe('an object', () => {
  const KNOWN = ['failures', 'forgetAfterMs'];

  it.each<[string, unknown, string]>([
    ['', { failures: 1 }, 'returned [object Object]'],
    ['', 5, 'TypeError: options must be an object, got 5'],
    ['a', null, 'TypeError: a must be an object, got null'],
    ['a', [], 'TypeError: a must be an object, got []'],
    ['a', 'x', 'TypeError: a must be an object, got "x"'],
    ['a', Promise.resolve(), 'TypeError: a must be an object, got a promise'],
    // A slip or two: a letter changed, left out, added, or all of the name and more.
    ['', { failurse: 1 }, 'TypeError: failurse is not an option; did you mean failures?'],
    ['a', { Failuers: 1 }, 'TypeError: a.Failuers is not an option; did you mean failures?'],
    ['a', { falure: 1 }, 'TypeError: a.falure is not an option; did you mean failures?'],
    ['a', { faiilures: 1 }, 'TypeError: a.faiilures is not an option; did you mean failures?'],
    ['a', { fiilures: 1 }, 'TypeError: a.fiilures is not an option; did you mean failures?'],
    ['a', { xailuresx: 1 }, 'TypeError: a.xailuresx is not an option; did you mean failures?'],
    ['a', { failuresInARow: 1 }, 'TypeError: a.failuresInARow is not an option; did you mean failures?'],
    ['a', { forget: 1 }, 'TypeError: a.forget is not an option; did you mean forgetAfterMs?'],
    ['a', { xyiluresx: 1 }, 'TypeError: a.xyiluresx is not an option; known here: failures, forgetAfterMs'],
    ['a', { serulia: 1 }, 'TypeError: a.serulia is not an option; known here: failures, forgetAfterMs'],
    ['a', { 'x\u001b\n': 1 }, 'TypeError: a.x\\u001b\\n is not an option; known here: failures, forgetAfterMs'],
    ['a', { f: 1 }, 'TypeError: a.f is not an option; did you mean failures?'],
    ['a', { limit: 1 }, 'TypeError: a.limit is not an option; known here: failures, forgetAfterMs'],
    [
      'a',
      { ['y'.repeat(90)]: 1 },
      `TypeError: a.${'y'.repeat(77)}... is not an option; known here: failures, forgetAfterMs`,
    ],
  ])('at "%s" is checked: %#', (path, value, result) => {
    expect(thrownBy(() => checkObject(path, value, KNOWN))).toBe(result);
  });

  it('may have any key where none are named', () => {
    expect(checkObject('', { anything: 1 })).toEqual({ anything: 1 });
  });

  it('with a key longer than 40 letters is compared with no name', () => {
    const name = 'n'.repeat(40);
    const near = (key: string): string => thrownBy(() => checkObject('', { [key]: 1 }, [name]));
    expect(near(`${'n'.repeat(39)}m`)).toContain('did you mean');
    expect(near(`${'n'.repeat(39)}mm`)).toContain('known here');
  });
});

describe('the path', () => {
  it('has no dot at the root', () => {
    expect([at('', 'a'), at('a', 'b')]).toEqual(['a', 'a.b']);
  });
});

describe('what is not given', () => {
  it('is left out', () => {
    expect(Object.entries(given({ a: 1, b: undefined, c: null }))).toEqual([
      ['a', 1],
      ['c', null],
    ]);
  });
});

describe('a copy', () => {
  it('is of plain objects and lists all the way down; anything else is the same', () => {
    const own = { date: new Date(0), fn: () => 1, list: [{ a: 1 }], deep: { b: { c: 2 } }, none: undefined };
    const copy = copyOptions(own);
    expect(copy).toEqual(own);
    expect(copy).not.toBe(own);
    expect(copy.list).not.toBe(own.list);
    expect(copy.list[0]).not.toBe(own.list[0]);
    expect(copy.deep.b).not.toBe(own.deep.b);
    expect(copy.date).toBe(own.date);
    expect(copy.fn).toBe(own.fn);
  });
});

describe('a hint', () => {
  it.each([
    ['retrys', ['retryStatus', 'retry'], 'retry'],
    ['ab', ['abcd', 'abc'], 'abc'],
    ['abx', ['abcx', 'abz'], 'abcx'],
    ['abx', ['zzzzz', 'abz'], 'abz'],
  ])('for %s is the nearest of %j', (key, known, nearest) => {
    expect(thrownBy(() => checkObject('', { [key]: 1 }, known))).toContain(`did you mean ${nearest}?`);
  });

  it('is an alias first, with its path, or its words as they are', () => {
    const hint = (key: string): string =>
      thrownBy(() => checkObject('a', { [key]: 1 }, ['retry'], { retries: 'b.c', retrz: 'in words' }));
    expect(hint('retries')).toBe('TypeError: a.retries is not an option; did you mean a.b.c?');
    expect(hint('retrz')).toBe('TypeError: a.retrz is not an option; in words');
    expect(hint('toString')).toBe('TypeError: a.toString is not an option; known here: retry');
  });
});

describe('what is shown of a value from outside', () => {
  it.each([
    ['a\u2028\u009b', '"a\\u2028\\u009b"'],
    [Symbol('a\n'), 'Symbol(a\\n)'],
    [{ a: '\u202e' }, '{"a":"\\u202e"}'],
    [Promise.resolve(), 'a promise'],
  ])('is safe to print: %#', (value, shown) => {
    expect(show(value)).toBe(shown);
  });
});
