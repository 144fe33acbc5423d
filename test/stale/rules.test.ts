import { answer, breakBody, ScriptedServer, type Step } from '@cutout/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type RequestOptions, STALE_ADAPTERS, stalePolicy } from './adapters.ts';

let server: ScriptedServer;
const closing: (() => unknown)[] = [];
beforeEach(async () => {
  server = await ScriptedServer.start();
});
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
  await server.close();
});

const down = answer(503, { body: 'down' });
const STALE = 'stale 200 good';
const NONE = '503 down';
const NOT_MODIFIED = 'stale 304 ';
const DATE = 'Tue, 06 Oct 2020 10:00:00 GMT';
const LATER = 'Tue, 06 Oct 2020 10:00:01 GMT';

type Fields = Readonly<Record<string, string | readonly string[]>>;
const good = (headers: Fields = {}): Step => answer(200, { body: 'good', headers });
const control = (value: string): Step => good({ 'cache-control': value });
const sent = (headers: Record<string, string>): RequestOptions => ({ headers });
const secondsAgo = (seconds: number): string => new Date(Date.now() - seconds * 1_000).toUTCString();

/** The kept answer, the first and the second request, and what the second gets while the host fails. */
type Try = readonly [name: string, step: Step, first: RequestOptions, second: RequestOptions, expected: string];

const RULES: readonly Try[] = [
  ['a good answer', good(), {}, {}, STALE],
  ['no-store', control('no-store'), {}, {}, NONE],
  ['no-cache', control('no-cache'), {}, {}, NONE],
  ['no-cache for some headers, which must not be used uninvited', control('no-cache="x-a"'), {}, {}, NONE],
  ['must-revalidate', control('max-age=0, must-revalidate'), {}, {}, NONE],
  ['proxy-revalidate', control('proxy-revalidate'), {}, {}, NONE],
  ['a directive in capitals', control('No-Store'), {}, {}, NONE],
  ['a directive in the second of two headers', good({ 'cache-control': ['public', 'no-store'] }), {}, {}, NONE],
  ['a directive that only looks like one inside quotes', control('ext="no-store"'), {}, {}, STALE],
  ['Pragma: no-cache', good({ pragma: 'no-cache' }), {}, {}, NONE],
  [
    'Pragma beside a Cache-Control, which takes precedence',
    good({ pragma: 'no-cache', 'cache-control': 'max-age=9' }),
    {},
    {},
    STALE,
  ],
  ['Expires in the past', good({ expires: '0' }), {}, {}, STALE],
  ['stale-if-error that has passed', good({ age: '1', 'cache-control': 'max-age=0, stale-if-error=0' }), {}, {}, NONE],
  ['Age beyond stale-if-error', good({ age: '100', 'cache-control': 'max-age=60, stale-if-error=30' }), {}, {}, NONE],
  ['Age within stale-if-error', good({ age: '80', 'cache-control': 'max-age=60, stale-if-error=30' }), {}, {}, STALE],
  [
    'stale-if-error that is no number',
    good({ age: '61', 'cache-control': 'max-age=60, stale-if-error=x' }),
    {},
    {},
    NONE,
  ],
  ['an age beyond maxStaleMs', good({ age: '90000' }), {}, {}, NONE],
  [
    'Expires beyond maxStaleMs',
    good({ date: secondsAgo(90_000), expires: secondsAgo(89_990), age: '90000' }),
    {},
    {},
    NONE,
  ],
  ['a request with no-store', good(), sent({ 'cache-control': 'no-store' }), {}, NONE],
  ['no-store, later', good(), {}, sent({ 'cache-control': 'no-store' }), NONE],
  ['no-cache, later', good(), {}, sent({ 'cache-control': 'no-cache' }), NONE],
  ['Pragma: no-cache, later', good(), {}, sent({ pragma: 'no-cache' }), NONE],
  ['max-age that is reached', good({ age: '10' }), {}, sent({ 'cache-control': 'max-age=5' }), NONE],
  ['max-age that is not', good({ age: '10' }), {}, sent({ 'cache-control': 'max-age=50' }), STALE],
  ['min-fresh of what is stale', good(), {}, sent({ 'cache-control': 'min-fresh=5' }), NONE],
  ['stale-if-error of the request', good({ age: '10' }), {}, sent({ 'cache-control': 'stale-if-error=5' }), NONE],
  ['Vary, met', good({ vary: 'X-A' }), sent({ 'x-a': '1' }), sent({ 'X-A': '1' }), STALE],
  ['Vary, not met', good({ vary: 'X-A' }), sent({ 'x-a': '1' }), sent({ 'x-a': '2' }), NONE],
  ['Vary, missing', good({ vary: 'X-A' }), sent({ 'x-a': '1' }), {}, NONE],
  ['Vary, missing at first', good({ vary: 'X-A' }), {}, sent({ 'x-a': '1' }), NONE],
  ['Vary, missing both times', good({ vary: 'X-A' }), {}, {}, STALE],
  [
    'Vary on several, in another order',
    good({ vary: 'X-A, x-b' }),
    sent({ 'x-a': '1', 'x-b': '2' }),
    sent({ 'x-b': '2', 'x-a': '1' }),
    STALE,
  ],
  [
    'Vary on several, with values exchanged',
    good({ vary: 'x-a, x-b' }),
    sent({ 'x-a': '1', 'x-b': '2' }),
    sent({ 'x-a': '2', 'x-b': '1' }),
    NONE,
  ],
  ['Vary in two headers', good({ vary: ['x-a', 'x-b'] }), sent({ 'x-b': '1' }), sent({ 'x-b': '2' }), NONE],
  ['Vary: *', good({ vary: '*' }), {}, {}, NONE],
  ['Vary: * among others', good({ vary: 'x-a, *' }), {}, {}, NONE],
  ['206 without a range request', answer(206, { body: 'good' }), {}, {}, NONE],
  ['a range', good(), sent({ range: 'bytes=0-1' }), {}, NONE],
  ['a range, later', good(), {}, sent({ range: 'bytes=0-1' }), NONE],
  ['a condition that was not met', good({ etag: '"a"' }), sent({ 'if-none-match': '"b"' }), {}, STALE],
  ['a condition that only the host can check', good({ etag: '"a"' }), sent({ 'if-match': '"a"' }), {}, NONE],
  ['such a condition, later', good({ etag: '"a"' }), {}, sent({ 'if-match': '"a"' }), NONE],
  ['a tag that is met', good({ etag: '"a"' }), {}, sent({ 'if-none-match': '"b", W/"a"' }), NOT_MODIFIED],
  ['any tag', good(), {}, sent({ 'if-none-match': '*' }), NOT_MODIFIED],
  ['a tag that is not met', good({ etag: '"a"' }), {}, sent({ 'if-none-match': '"b"' }), STALE],
  ['a tag of an answer that has none', good(), {}, sent({ 'if-none-match': '"a"' }), STALE],
  ['a date that is met', good({ 'last-modified': DATE }), {}, sent({ 'if-modified-since': DATE }), NOT_MODIFIED],
  ['a date that is not', good({ 'last-modified': LATER }), {}, sent({ 'if-modified-since': DATE }), STALE],
  ['a date that is none', good({ 'last-modified': DATE }), {}, sent({ 'if-modified-since': 'x' }), STALE],
  [
    'a tag, which takes precedence over a date',
    good({ 'last-modified': DATE, etag: '"a"' }),
    {},
    sent({ 'if-modified-since': DATE, 'if-none-match': '"b"' }),
    STALE,
  ],
  ['another status', answer(203, { body: 'good' }), {}, {}, NONE],
  ['HEAD after GET', good(), {}, { method: 'HEAD' }, 'stale 200 '],
  ['HEAD after HEAD', good(), { method: 'HEAD' }, { method: 'HEAD' }, 'stale 200 '],
  ['oversized', answer(200, { body: 1_100_000 }), {}, {}, NONE],
  ['cut short', breakBody('reset'), {}, {}, NONE],
  ['closed before its promised length', breakBody('close'), {}, {}, NONE],
];

const as = (user: string): RequestOptions => sent({ authorization: user });

/** One caller's answer must never reach another. */
const POISON: readonly Try[] = [
  ['the same caller', good(), as('a'), as('a'), STALE],
  ['private, for the same caller', control('private'), as('a'), as('a'), STALE],
  ['private, without credentials', control('private'), {}, as('a'), NONE],
  ['s-maxage, without credentials', control('s-maxage=0'), {}, {}, NONE],
  ['s-maxage, for the same caller', control('s-maxage=0, max-age=0'), as('a'), as('a'), STALE],
  ['s-maxage, where the server permits it', control('s-maxage=0, stale-if-error=60'), {}, {}, STALE],
  ['another Authorization', control('public'), as('a'), as('b'), NONE],
  ['no Authorization', control('public, s-maxage=60'), as('a'), {}, NONE],
  ['Authorization after none', good(), {}, as('a'), NONE],
  ['another Cookie', good(), sent({ cookie: 's=a' }), sent({ cookie: 's=b' }), NONE],
  ['the Cookie as Authorization', good(), sent({ cookie: 'a' }), as('a'), NONE],
  [
    'values moved between the two',
    good(),
    sent({ cookie: 'a', authorization: 'b' }),
    sent({ cookie: 'b', authorization: 'a' }),
    NONE,
  ],
  ['an empty Vary value for a missing one', good({ vary: 'x-a' }), sent({ 'x-a': 'a' }), sent({ 'x-a': '' }), NONE],
  [
    'a Vary value that ends as the next begins',
    good({ vary: 'x-a, x-b' }),
    sent({ 'x-a': 'a,b', 'x-b': 'c' }),
    sent({ 'x-a': 'a', 'x-b': 'b,c' }),
    NONE,
  ],
  ['Set-Cookie', good({ 'set-cookie': 's=secret' }), {}, {}, NONE],
  [
    'Set-Cookie, public',
    good({ 'set-cookie': 's=secret', 'cache-control': 'public, max-age=60' }),
    as('a'),
    as('a'),
    NONE,
  ],
  ['GET after HEAD', good(), { method: 'HEAD' }, {}, NONE],
  ['GET after POST', good(), { method: 'POST' }, {}, NONE],
  ['a write', good(), {}, { method: 'POST' }, NONE],
  ['a call that wants none', good(), {}, { cutout: { stale: false } }, NONE],
  ['a call that keeps none', good(), { cutout: { stale: false } }, {}, NONE],
];

describe.each(STALE_ADAPTERS)('behind $name', adapter => {
  async function play([, step, first, second, expected]: Try): Promise<void> {
    const { send, close } = adapter.attach(stalePolicy());
    if (close) closing.push(close);
    server.always(step);
    await send(server.url('/a?b=c#d'), first);
    server.always(down);
    const isHead = second.method === 'HEAD' && expected === NONE;
    expect(await send(server.url('/a?b=c#e'), second)).toBe(isHead ? '503 ' : expected);
    expect(await send(server.url('/a?b=d'), second)).not.toContain('stale');
  }

  /** Node's fetch drops unknown members of its init, and sends no conditional requests. */
  const plays = ([, , first, second]: Try): boolean =>
    adapter.name !== 'built-in fetch over undici' ||
    !(first.cutout || second.cutout || Object.keys(second.headers ?? {}).some(name => name.startsWith('if-')));

  it.each(RULES.filter(plays))('%s', async (...row) => play(row));
  it.each(POISON.filter(plays))('poisoning: %s', async (...row) => play(row));

  const OLD = { etag: '"a"', 'last-modified': DATE, age: '90000' };
  const notModified = (headers: Fields): Step => answer(304, { headers });
  it.each<[name: string, step: Step, expected: string]>([
    ['of the same tag refreshes a kept answer', notModified({ etag: '"a"' }), STALE],
    ['of the same date', notModified({ 'last-modified': DATE }), STALE],
    ['of another tag does not', notModified({ etag: '"b"', 'last-modified': DATE }), NONE],
    ['without a validator does not', notModified({}), NONE],
    ['that is old itself does not', notModified({ etag: '"a"', age: '90000' }), NONE],
    ['with no-store drops it', notModified({ etag: '"a"', 'cache-control': 'no-store' }), NONE],
    ['with another Vary drops it', notModified({ etag: '"a"', vary: 'x-a' }), NONE],
  ])("a 304 to a caller's own condition %s", async (_, step, expected) => {
    const { send, close } = adapter.attach(stalePolicy());
    if (close) closing.push(close);
    server.next(good(OLD), down, step);
    await send(server.url('/a'));
    expect(await send(server.url('/a'))).toBe(NONE);
    const others = { headers: { 'if-none-match': '"a"', authorization: 'b' } };
    expect(await send(server.url('/a'), { headers: { 'if-none-match': '"a"' } })).toBe('304 ');
    server.next(notModified({ etag: '"a"', age: '90000' }));
    await send(server.url('/a'), others);
    server.always(down);
    expect(await send(server.url('/a'))).toBe(expected);
  });
});
