/** The last good answer: what it replaces, and what it does not. */

import { bulkhead } from '@cutout/http';
import { staleIfError } from '@cutout/stale';
import { answer, breakBody, hang, reset } from '../../step.ts';
import { call, type Scenario, tick, together, wire } from '../scenario.ts';
import { AT_ONCE, OPEN_MS, OUT_OF_REACH } from './settings.ts';

const KEEPS = { needs: { servesStale: true }, options: { retry: false, stale: staleIfError() } } as const;
const GOOD = answer(200, { body: 'good' });
const DOWN = wire(answer(503, { body: 'sorry' }));

/** One row: a good answer arrives, then `actions` play. */
function after(actions: Scenario['actions'], more: Partial<Scenario> = {}): Omit<Scenario, 'name' | 'expected'> {
  return { ...KEEPS, always: GOOD, ...more, actions: [call('GET'), ...actions] };
}

export const STALE: readonly Scenario[] = [
  {
    name: 'a stale answer replaces failing statuses, and the refusals after them',
    ...after([DOWN, call('GET', {}, 7)]),
    expected: { requests: 6, verdicts: 'SFFFFF', state: 'open', ends: '200, 200 stale x7' },
  },
  {
    name: 'a stale answer replaces resets',
    ...after([wire(reset), call('GET', {}, 2)]),
    expected: { requests: 3, verdicts: 'SFF', state: 'closed', ends: '200, 200 stale x2' },
  },
  {
    name: 'a stale answer replaces an attempt timeout',
    ...after([wire(hang), call('GET')], { options: { ...KEEPS.options, attemptTimeoutMs: 80 } }),
    expected: { requests: 2, verdicts: 'SF', state: 'closed', ends: '200, 200 stale' },
  },
  {
    name: 'a stale answer comes after the last attempt',
    ...after([DOWN, call('GET')], { options: { stale: staleIfError() } }),
    expected: { requests: 4, verdicts: 'SFFF', state: 'closed', ends: '200, 200 stale' },
  },
  {
    name: 'a stale answer does not change verdicts: a failing probe gets one, and the circuit reopens',
    ...after([DOWN, call('GET'), tick(OPEN_MS), call('GET', {}, 2)], {
      options: { ...KEEPS.options, breaker: AT_ONCE },
    }),
    expected: { requests: 3, verdicts: 'SFF', state: 'open', ends: '200, 200 stale x3' },
  },
  {
    name: 'no stale answer is served once the host is back',
    ...after([DOWN, call('GET'), wire(GOOD), call('GET')]),
    expected: { requests: 3, verdicts: 'SFS', state: 'closed', ends: '200, 200 stale, 200' },
  },
  {
    name: 'a stale answer precedes the fallback, which answers where nothing was kept',
    ...after([DOWN, call('GET'), call('GET', { path: '/other' })], { fallback: 'answers' }),
    needs: { servesStale: true, fallbacks: true },
    expected: { requests: 3, verdicts: 'SFF', state: 'closed', ends: '200, 200 stale, 203' },
  },
  {
    name: 'a stale answer replaces a HEAD, and no write',
    ...after([DOWN, call('HEAD'), call('POST', { body: 'x' }), call('PUT'), call('DELETE')]),
    expected: { requests: 5, verdicts: 'SFFFF', state: 'closed', ends: '200, 200 stale, 503 x3' },
  },
  {
    name: 'a successful write drops the stale answer, a failed one keeps it',
    ...after([DOWN, call('PUT'), call('GET'), wire(GOOD), call('PUT'), DOWN, call('GET')]),
    expected: { requests: 5, verdicts: 'SFFSF', state: 'closed', ends: '200, 503, 200 stale, 200, 503' },
  },
  {
    name: 'an answer that is no failure is not replaced, and drops what was kept',
    ...after([wire(answer(404)), call('GET'), DOWN, call('GET')]),
    expected: { requests: 3, verdicts: 'SSF', state: 'closed', ends: '200, 404, 503' },
  },
  {
    name: "the caller's own abort gets no stale answer, before or during the call",
    ...after([wire(hang), call('GET', { abortAfterMs: 0 }), call('GET', { abortAfterMs: 200 })], {
      needs: { servesStale: true, seesEarlyAborts: true },
    }),
    expected: { requests: 2, verdicts: 'SI', state: 'closed', ends: '200, aborted x2' },
  },
  {
    name: 'a call may disable stale answers',
    ...after([DOWN, call('GET', { cutout: { stale: false } }), call('GET')]),
    needs: { servesStale: true, overrides: true },
    expected: { requests: 3, verdicts: 'SFF', state: 'closed', ends: '200, 503, 200 stale' },
  },
  {
    name: 'a host may disable stale answers',
    ...after([DOWN, call('GET')], { options: { ...KEEPS.options, hosts: { '127.0.0.1': { stale: false } } } }),
    expected: { requests: 2, verdicts: 'SF', state: 'closed', ends: '200, 503' },
  },
  {
    name: 'a stale answer is kept for its own caller',
    ...after([
      call('GET', { headers: { authorization: 'a' } }),
      DOWN,
      call('GET', { headers: { authorization: 'b' } }),
      call('GET', { headers: { authorization: 'a' } }),
    ]),
    expected: { requests: 4, verdicts: 'SSFF', state: 'closed', ends: '200 x2, 503, 200 stale' },
  },
  {
    name: 'a body that was cut short is not kept',
    needs: { servesStale: true, bodyInsideAttempt: false },
    options: { retry: false, stale: staleIfError() },
    steps: [breakBody('reset')],
    always: answer(503),
    actions: [call('GET', {}, 2)],
    expected: { requests: 2, verdicts: 'SBF', state: 'closed', ends: '200 cut, 503' },
  },
  {
    name: 'a body that is not read to its end is not kept as a stale answer',
    needs: { servesStale: true, bodyInsideAttempt: false },
    options: { retry: false, stale: staleIfError() },
    steps: [answer(200, { body: 300_000 })],
    always: answer(503),
    actions: [call('GET', { read: false }), call('GET')],
    expected: { requests: 2, verdicts: 'SF', state: 'closed', ends: '200, 503' },
  },
  {
    name: 'failing answers replaced by stale ones release their bulkhead permits',
    ...after([wire(breakBody('hang', { status: 503 })), call('GET', {}, 3), wire(GOOD), together(2, 'GET')], {
      options: { ...KEEPS.options, ...OUT_OF_REACH, bulkhead: bulkhead({ maxConcurrent: 1, maxQueue: 1 }) },
      needs: { servesStale: true, bodyInsideAttempt: false, closesCancelledLater: false },
    }),
    expected: { requests: 6, verdicts: 'SFFFSS', state: 'closed', ends: '200, 200 stale x3, 200 x2' },
  },
  {
    name: 'a stale answer replaces a refusal of a full bulkhead',
    ...after([wire(answer(200, { body: 'late', delayMs: 100 })), together(3, 'GET')], {
      options: { ...KEEPS.options, bulkhead: bulkhead({ maxConcurrent: 1 }) },
    }),
    expected: { requests: 2, verdicts: 'SS', state: 'closed', ends: '200, 200 stale x2, 200' },
  },
];
