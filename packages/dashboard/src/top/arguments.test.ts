import { describe, expect, it } from 'vitest';
import { VIEW_DEFAULTS } from '../view.ts';
import { parseArguments, type TopArguments, UsageError } from './arguments.ts';

const URL_OF_PAGE = 'http://127.0.0.1:3000/ops/circuits';

function read(...args: string[]): TopArguments {
  const read = parseArguments(['top', ...args]);
  if (read === 'help') throw new Error('got help');
  return read;
}

describe('the command line', () => {
  it('needs only an address', () => {
    expect(read(URL_OF_PAGE)).toEqual({
      url: new URL(URL_OF_PAGE),
      headers: {},
      view: VIEW_DEFAULTS,
      once: false,
      json: false,
      silenceMs: 5_000,
    });
  });

  it('takes every option', () => {
    const args = [
      '--once',
      '--json',
      '--filter',
      'pay',
      '--sort=calls',
      '--reversed',
      '--limit',
      '7',
      '--timeout',
      '0.5',
    ];
    expect(read(...args, URL_OF_PAGE)).toMatchObject({
      view: { filter: 'pay', sort: 'calls', reversed: true, limit: 7 },
      once: true,
      json: true,
      silenceMs: 500,
    });
  });

  it('keeps the query, and begins with the view in it', () => {
    const { url, view } = read(`${URL_OF_PAGE}?auth=a%2Fb&filter=x&limit=3&format=json#sort=key`, '--filter', 'y');
    expect(url.href).toBe(`${URL_OF_PAGE}?auth=a%2Fb`);
    expect(view).toEqual({ filter: 'y', sort: 'key', reversed: false, limit: 3 });
  });

  it('sends a user and a password as a header', () => {
    const { url, headers } = read('https://ann:p%40ss%C3%A9@ops.example/c');
    expect(url.href).toBe('https://ops.example/c');
    expect(headers).toEqual({ authorization: `Basic ${Buffer.from('ann:p@ssé').toString('base64')}` });
    expect(read('https://ann:50%@ops.example/').headers).toEqual({ authorization: `Basic ${btoa('ann:50%')}` });
  });

  it.each([[['--help']], [['-h']], [['top', '--help']], [['top', URL_OF_PAGE, '--help']]])(
    'gives help for %j',
    args => {
      expect(parseArguments(args)).toBe('help');
    },
  );

  it.each<[string[], string]>([
    [[], 'a command is missing: top'],
    [['tpo', URL_OF_PAGE], 'unknown command "tpo", expected top'],
    [['top'], 'URL is missing'],
    [['top', URL_OF_PAGE, 'more'], 'one URL is expected, got "more" besides'],
    [['top', 'localhost:3000'], 'URL must be an http or https address, got "localhost:3000"'],
    [['top', 'ftp://ann:secret@a.example/'], 'URL must be an http or https address, got "ftp://a.example/"'],
    [['top', URL_OF_PAGE, '--colour'], 'unknown option --colour'],
    [['top', URL_OF_PAGE, '--limit'], '--limit needs a value'],
    [['top', URL_OF_PAGE, '--filter', '--json'], '--filter needs a value, got the option "--json"'],
    [['top', URL_OF_PAGE, '--once=no'], '--once takes no value, got "no"'],
    [['top', URL_OF_PAGE, '--limit', '0'], '--limit must be a whole number from 1 to 1000, got "0"'],
    [['top', URL_OF_PAGE, '--limit', ''], '--limit must be a whole number from 1 to 1000, got ""'],
    [['top', `${URL_OF_PAGE}?limit=x`], 'URL: limit must be a whole number from 1 to 1000, got "x"'],
    [['top', URL_OF_PAGE, '--timeout', '0'], '--timeout must be a number of seconds up to 3600, got "0"'],
    [['top', URL_OF_PAGE, '--timeout', 'soon'], '--timeout must be a number of seconds up to 3600, got "soon"'],
    [['top', 'a\x9b31m\u202e'], 'URL must be an http or https address, got "a�31m�"'],
  ])('says what is wrong with %j', (args, message) => {
    expect(() => parseArguments(args)).toThrow(new UsageError(message));
  });

  it('lists the orders', () => {
    expect(() => read(URL_OF_PAGE, '--sort', 'size')).toThrow(/^--sort must be one of trouble, key, .*, got "size"$/);
  });
});
