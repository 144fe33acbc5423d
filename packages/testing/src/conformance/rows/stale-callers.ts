/** Which stale answers a caller gets: its own, and those kept for any caller. */

import { staleIfError } from '@cutout/stale';
import { answer, type Step, untilClose } from '../../step.ts';
import { call, type Scenario, wire } from '../scenario.ts';

type Sent = Readonly<Record<string, string>>;

const DOWN = wire(answer(503));

/** One caller gets a good answer. Then the host goes down, and a second caller and the first one send a request each. */
function callers(
  name: string,
  good: Step,
  [first, second]: readonly [Sent, Sent],
  [forSecond, forFirst]: readonly [string, string],
  identity: readonly string[] = [],
): Scenario {
  return {
    name,
    needs: { servesStale: true },
    options: { retry: false, stale: staleIfError({ identity }) },
    always: good,
    actions: [call('GET', { headers: first }), DOWN, call('GET', { headers: second }), call('GET', { headers: first })],
    expected: {
      requests: 3,
      verdicts: 'SFF',
      state: 'closed',
      ends: forSecond === forFirst ? `200, ${forSecond} x2` : `200, ${forSecond}, ${forFirst}`,
    },
  };
}

/** Non-standard and proxy headers that may identify the sender of a request. */
const IDENTIFYING = [
  'x-api-key',
  'apikey',
  'x-auth-token',
  'x-user-id',
  'x-tenant-id',
  'proxy-authorization',
  'x-made-up',
];
const NEUTRAL = ['accept', 'accept-language', 'user-agent', 'traceparent', 'x-request-id', 'referer', 'sec-fetch-site'];

const GOOD = answer(200, { body: 'good' });
const good = (headers: Sent): Step => answer(200, { body: 'good', headers });
const by = (name: string): readonly [Sent, Sent] => [{ [name]: 'alice' }, { [name]: 'bob' }];

const NONE = ['503', '503'] as const;
const OWN = ['503', '200 stale'] as const;
const BOTH = ['200 stale', '200 stale'] as const;

export const STALE_CALLERS: readonly Scenario[] = [
  ...IDENTIFYING.map(name => callers(`a request with ${name} has no stale answer`, GOOD, by(name), NONE)),
  ...NEUTRAL.map(name => callers(`${name} does not separate callers`, GOOD, by(name), BOTH)),
  ...['authorization', 'cookie'].map(name => callers(`${name} separates callers`, GOOD, by(name), OWN)),
  ...['authorization', 'cookie'].map(name =>
    callers(
      `a private answer is kept for the caller that ${name} names`,
      good({ 'cache-control': 'private' }),
      by(name),
      OWN,
    ),
  ),
  callers('a header that identity names separates callers', GOOD, by('x-api-key'), OWN, ['X-API-Key']),
  callers(
    'a private answer is kept for the caller that identity names',
    good({ 'cache-control': 'private' }),
    by('x-api-key'),
    OWN,
    ['x-api-key'],
  ),
  callers(
    'a further header that may identify its sender keeps nothing, whatever identity names',
    GOOD,
    [
      { 'x-api-key': 'app', 'x-user-id': 'alice' },
      { 'x-api-key': 'app', 'x-user-id': 'bob' },
    ],
    NONE,
    ['x-api-key'],
  ),
  callers(
    'a credential beside a header that may identify its sender keeps nothing',
    GOOD,
    [
      { authorization: 'app', 'x-user-id': 'alice' },
      { authorization: 'app', 'x-user-id': 'bob' },
    ],
    NONE,
  ),
  callers(
    'an answer that varies by a header is kept for each value of it',
    good({ vary: 'X-User-Id' }),
    by('x-user-id'),
    OWN,
  ),
  callers('an answer to an anonymous caller is not served to a known one', GOOD, [{}, { 'x-user-id': 'bob' }], OWN),
  callers(
    'a private answer to no caller in particular is not kept',
    good({ 'cache-control': 'private' }),
    [{}, {}],
    NONE,
  ),
  callers(
    'an answer that is private in some headers is not kept either',
    good({ 'cache-control': 'max-age=60, private="x-a"' }),
    [{}, {}],
    NONE,
  ),
  callers('a public answer is kept for all', good({ 'cache-control': 'public, max-age=60' }), [{}, {}], BOTH),
  callers('a body that ends with its connection is not kept', untilClose('good'), [{}, {}], NONE),
];
