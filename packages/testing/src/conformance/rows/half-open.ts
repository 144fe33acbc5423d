/** Probes. */

import { answer, hang, reset } from '../../step.ts';
import { call, type Scenario, tick, together, wire } from '../scenario.ts';
import { AT_ONCE, FIRST_DIES, MARGIN_MS, NO_RETRY, OPEN_MS, TOUCHY } from './settings.ts';

export const HALF_OPEN: readonly Scenario[] = [
  {
    name: 'two good probes close the circuit',
    options: NO_RETRY,
    steps: Array(5).fill(answer(503)),
    actions: [call('GET', {}, 5), tick(OPEN_MS), call('GET', {}, 2)],
    expected: { requests: 7, verdicts: 'FFFFFSS', state: 'closed', ends: '503 x5, 200 x2' },
  },
  {
    name: 'one good probe of two does not',
    options: NO_RETRY,
    steps: Array(5).fill(answer(503)),
    actions: [call('GET', {}, 5), tick(OPEN_MS), call('GET')],
    expected: { requests: 6, verdicts: 'FFFFFS', state: 'half-open', ends: '503 x5, 200' },
  },
  {
    name: 'a failing probe reopens the circuit',
    options: TOUCHY,
    always: answer(503),
    actions: [call('GET'), tick(OPEN_MS), call('GET', {}, 2)],
    expected: { requests: 2, verdicts: 'FF', state: 'open', ends: '503 x2, refused' },
  },
  {
    name: 'a failing probe is not retried',
    options: { breaker: AT_ONCE },
    always: reset,
    actions: [call('GET'), tick(OPEN_MS), call('GET')],
    expected: { requests: 2, verdicts: 'FF', state: 'open', ends: 'failed x2' },
  },
  {
    name: 'no more probes than halfOpen.maxCalls',
    options: { retry: false, breaker: AT_ONCE },
    steps: [answer(503)],
    always: answer(200, { delayMs: 50 }),
    actions: [call('GET'), tick(OPEN_MS), together(12, 'GET')],
    expected: { requests: 6, verdicts: 'FSSSSS', state: 'closed', ends: '503, refused x7, 200 x5' },
  },
  {
    name: 'an aborted probe releases its permit',
    ...FIRST_DIES,
    actions: [
      call('GET'),
      tick(OPEN_MS),
      wire(hang),
      call('GET', { abortAfterMs: 200 }),
      wire(answer(200)),
      call('GET'),
    ],
    expected: { requests: 3, verdicts: 'FIS', state: 'closed', ends: 'failed, aborted, 200' },
  },
  {
    name: 'an aborted probe alone neither closes nor reopens the circuit',
    ...FIRST_DIES,
    actions: [call('GET'), tick(OPEN_MS), wire(hang), call('GET', { abortAfterMs: 200 })],
    expected: { requests: 2, verdicts: 'FI', state: 'half-open', ends: 'failed, aborted' },
  },
  {
    name: 'good headers end a probe with an unread body',
    ...FIRST_DIES,
    actions: [call('GET'), tick(OPEN_MS), call('GET', { read: false })],
    expected: { requests: 2, verdicts: 'FS', state: 'closed', ends: 'failed, 200' },
  },
  {
    name: 'a probe fails at the deadline of its caller',
    ...FIRST_DIES,
    actions: [call('GET'), tick(OPEN_MS), wire(hang), call('GET', { abortAfterMs: 200, abortReason: 'TimeoutError' })],
    expected: { requests: 2, verdicts: 'FF', state: 'open', ends: 'failed, aborted' },
  },
  {
    name: 'a second outage reopens the circuit',
    options: TOUCHY,
    steps: [reset, answer(200), reset],
    actions: [call('GET'), tick(OPEN_MS), call('GET', {}, 2), tick(OPEN_MS - MARGIN_MS), call('GET')],
    expected: { requests: 3, verdicts: 'FSF', state: 'open', ends: 'failed, 200, failed, refused' },
  },
  {
    name: 'a long silence changes nothing',
    ...FIRST_DIES,
    actions: [call('GET'), tick(50 * OPEN_MS), call('GET')],
    expected: { requests: 2, verdicts: 'FS', state: 'closed', ends: 'failed, 200' },
  },
];
