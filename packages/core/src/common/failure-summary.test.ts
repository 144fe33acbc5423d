import { describe, expect, it } from 'vitest';
import { type FailureSummary, summarise } from './failure-summary.ts';

/** Wraps `inner` a number of times. */
function wrapped(inner: unknown, times: number): unknown {
  return times === 0 ? inner : { name: 'Wrapped', message: 'w', cause: wrapped(inner, times - 1) };
}

describe('the summary of a failure', () => {
  it.each<[unknown, FailureSummary | undefined]>([
    [undefined, undefined],
    [null, { name: 'Error', message: 'failed' }],
    ['timed out', { name: 'Error', message: 'timed out' }],
    ['', { name: 'Error', message: 'failed' }],
    [5, { name: 'Error', message: 'failed' }],
    [new RangeError('too far'), { name: 'RangeError', message: 'too far' }],
    [
      { name: '', message: '' },
      { name: 'Error', message: 'failed' },
    ],
    [
      { name: 5, message: 6, code: 7 },
      { name: 'Error', message: 'failed' },
    ],
    [{ status: 503 }, { name: 'Response', message: 'status 503', status: 503 }],
    [{ status: '503' }, { name: 'Error', message: 'failed' }],
    [
      { name: 'HTTPError', message: 'bad', status: 500 },
      { name: 'HTTPError', message: 'bad', status: 500 },
    ],
    [
      { message: 'm', code: 'ECONNRESET' },
      { name: 'Error', message: 'm', code: 'ECONNRESET' },
    ],
    [
      { message: 'm', code: '', cause: { code: 'EPIPE' } },
      { name: 'Error', message: 'm', code: 'EPIPE' },
    ],
    [wrapped({ code: 'DEEP' }, 9), { name: 'Wrapped', message: 'w', code: 'DEEP' }],
    [wrapped({ code: 'TOO_DEEP' }, 10), { name: 'Wrapped', message: 'w' }],
    [
      { message: 'see http://u:p@a/b?c and wss://x, or mailto:y' },
      { name: 'Error', message: 'see (url) and (url) or mailto:y' },
    ],
    [
      { message: 'm', code: 'at https://a/secret' },
      { name: 'Error', message: 'm', code: 'at (url)' },
    ],
    [{ message: 'x'.repeat(201) }, { name: 'Error', message: 'x'.repeat(200) }],
    // A URL that only begins within what is looked at does not lead to another text's end.
    [{ message: `${'x'.repeat(799)} http://a` }, { name: 'Error', message: 'x'.repeat(200) }],
    [{ message: `http://${'a'.repeat(790)}b rest` }, { name: 'Error', message: '(url) r' }],
  ])('%# shows no more than it should', (cause, summary) => {
    expect(summarise(cause)).toStrictEqual(summary);
  });

  it('is frozen, and survives whatever throws when it is read', () => {
    const hostile = new Proxy({}, { get: () => expect.unreachable() });
    expect(summarise(hostile)).toStrictEqual({ name: 'Error', message: 'failed' });
    expect(Object.isFrozen(summarise(new Error('x')))).toBe(true);
  });

  it('ends at a cause that is its own', () => {
    const circle = { message: 'round' };
    Object.assign(circle, { cause: circle });
    expect(summarise(circle)).toStrictEqual({ name: 'Error', message: 'round' });
  });
});

describe('a summary of text from outside', () => {
  it('has no character that could break a log line or steer a terminal', () => {
    const error = Object.assign(new Error('a\nb'), { name: 'N\r', code: 'C\u001b' });
    expect(summarise(error)).toEqual({ name: 'N\\r', message: 'a\\nb', code: 'C\\u001b' });
    expect(summarise('text\u2028')).toEqual({ name: 'Error', message: 'text\\u2028' });
  });

  it('has no URL in its name either, and a name that is no longer than a message', () => {
    const error = Object.assign(new Error('x'), { name: `https://a.example/?token=1 ${'n'.repeat(300)}` });
    expect(summarise(error)?.name).toBe(`(url) ${'n'.repeat(194)}`);
  });
});
