import { describe, expect, it } from 'vitest';
import type { BreakerEvent } from '../common/events.ts';
import { CircuitBreaker } from './circuit-breaker.ts';
import { CallPermit, type Permit, type PermitOwner, UNCOUNTED } from './permit.ts';
import { newHalfOpen } from './states.ts';

type Answer = (permit: CallPermit) => void;

const success: Answer = permit => permit.success();
const headers: Answer = permit => permit.success('headers');
const failure: Answer = permit => permit.failure('opening', { openForMs: 5 });
const ignore: Answer = permit => permit.ignore();
const revoke: Answer = permit => permit.revoke('cut');
const dispose: Answer = permit => permit[Symbol.dispose]();

/** What a permit tells its owner when it is given these answers. `current`: whether its headers are news. */
function told(answers: readonly Answer[], current = true): unknown[] {
  const heard: unknown[] = [];
  const owner: PermitOwner = {
    headers: () => heard.push('headers') > 0 && current,
    success: () => void heard.push('success'),
    failure: (_, cause, hint) => void heard.push(['failure', cause, hint]),
    ignore: (_, isSuperseded) => void heard.push(isSuperseded ? 'superseded' : 'ignore'),
    whole: (_, counted) => void heard.push(['whole', counted]),
    broken: (_, counted, cause) => void heard.push(['broken', counted, cause]),
  };
  const opening = { reason: 'manual', cause: undefined, readings: [], phrases: [] } as const;
  const permit = new CallPermit(owner, newHalfOpen(1, opening), 0);
  for (const answer of answers) answer(permit);
  return heard;
}

describe('a permit', () => {
  it.each<[string, Answer[], unknown[]]>([
    ['a success', [success], ['success']],
    ['a failure', [failure], [['failure', 'opening', { openForMs: 5 }]]],
    ['an ignored call', [ignore], ['ignore']],
    ['a call that was superseded', [permit => permit.ignore('superseded')], ['superseded']],
    ['a disposal', [dispose], ['ignore']],
    ['headers', [headers], ['headers']],
    ['headers and a whole body', [headers, success], ['headers', ['whole', true]]],
    ['headers and a broken body', [headers, revoke], ['headers', ['broken', true, 'cut']]],
    ['headers twice', [headers, headers], ['headers']],
    ['a failure after headers', [headers, failure], ['headers']],
    ['a disposal after headers', [headers, dispose, ignore], ['headers']],
    ['a broken body without headers', [revoke], []],
    ['a success after it was revoked for nothing', [revoke, success], ['success']],
    ['anything after a success', [success, success, headers, failure, ignore, revoke, dispose], ['success']],
    [
      'anything after a failure',
      [failure, success, headers, failure, ignore, revoke],
      [['failure', 'opening', { openForMs: 5 }]],
    ],
    ['anything after it was ignored', [ignore, success, headers, failure, ignore, revoke], ['ignore']],
    [
      'anything after a whole body',
      [headers, success, success, headers, failure, ignore, revoke],
      ['headers', ['whole', true]],
    ],
    [
      'anything after a broken body',
      [headers, revoke, revoke, success, headers, failure],
      ['headers', ['broken', true, 'cut']],
    ],
  ])('tells %s once', (_, answers, heard) => {
    expect(told(answers)).toEqual(heard);
  });

  it('whose headers were no news says so of its body', () => {
    expect(told([headers, success, revoke], false)).toEqual(['headers', ['whole', false]]);
    expect(told([headers, revoke, success], false)).toEqual(['headers', ['broken', false, 'cut']]);
  });
});

it('what nobody counts takes every answer', () => {
  expect(Object.isFrozen(UNCOUNTED)).toBe(true);
  using permit = UNCOUNTED;
  expect([permit.success(), permit.failure(), permit.ignore(), permit.revoke()]).toEqual(Array(4).fill(undefined));
});

describe('the time that a caller has read', () => {
  it('is used in place of the clock', () => {
    let reads = 0;
    const clock = {
      now: () => {
        reads += 1;
        return 5;
      },
    };
    const breaker = new CircuitBreaker({ clock, failures: 2, openDurationMs: 1_000 });
    const events: BreakerEvent[] = [];
    breaker.subscribe(event => events.push(event));
    reads = 0;
    const admit = (now: number): Permit => breaker.tryAcquire(now) as Permit;
    admit(10).success(undefined, 12);
    admit(20).ignore(undefined, 23);
    admit(30).failure('down', undefined, 34);
    const body = admit(40);
    body.success('headers', 45);
    body.revoke('broken', 46);
    const read = admit(1_100);
    read.success('headers', 1_101);
    read.success(undefined, 1_102);
    expect(reads).toBe(0);
    expect(events.map(event => [event.type === 'outcome' ? event.verdict : event.type, event.at])).toEqual([
      ['success', 12],
      ['ignore', 23],
      ['failure', 34],
      ['success', 45],
      ['transition', 46],
      ['failure', 46],
      ['transition', 1_046],
      ['success', 1_101],
      ['success', 1_102],
    ]);
  });
});
