/** Time limits and aborts. */

import { answer, hang } from '../../step.ts';
import { call, type Scenario, together } from '../scenario.ts';
import { NO_RETRY, TOUCHY } from './settings.ts';

export const LIMITS: readonly Scenario[] = [
  {
    name: 'an attempt without an answer times out and counts',
    options: { retry: false, attemptTimeoutMs: 80 },
    always: hang,
    actions: [call('GET')],
    expected: { requests: 1, verdicts: 'F', state: 'closed', ends: 'failed' },
  },
  {
    name: 'an attempt that timed out is retried',
    options: { attemptTimeoutMs: 80 },
    steps: [hang],
    actions: [call('GET')],
    expected: { requests: 2, verdicts: 'FS', state: 'closed', ends: '200' },
  },
  {
    name: 'a POST that timed out is not retried',
    options: { attemptTimeoutMs: 80 },
    steps: [hang],
    actions: [call('POST', { body: 'x' })],
    expected: { requests: 1, verdicts: 'F', state: 'closed', ends: 'failed' },
  },
  {
    name: 'the total limit ends the first attempt, which counts',
    options: { totalTimeoutMs: 80 },
    always: hang,
    actions: [call('GET')],
    expected: { requests: 1, verdicts: 'F', state: 'closed', ends: 'failed' },
  },
  {
    name: 'a retry wait longer than the total limit is not begun',
    options: { totalTimeoutMs: 2_000, retry: { backoff: () => 5_000 } },
    always: answer(503),
    actions: [call('GET')],
    expected: { requests: 1, verdicts: 'F', state: 'closed', ends: '503' },
  },
  {
    name: 'an abort before the call sends nothing',
    actions: [call('GET', { abortAfterMs: 0 })],
    expected: { requests: 0, verdicts: '', state: 'closed', ends: 'aborted' },
  },
  {
    name: 'an abort before the headers is neutral',
    options: TOUCHY,
    always: hang,
    actions: [call('GET', { abortAfterMs: 200 })],
    expected: { requests: 1, verdicts: 'I', state: 'closed', ends: 'aborted' },
  },
  {
    name: 'an abort with a reason that is no error is neutral',
    options: TOUCHY,
    always: hang,
    actions: [call('GET', { abortAfterMs: 200, abortReason: 'text' })],
    expected: { requests: 1, verdicts: 'I', state: 'closed', ends: 'aborted' },
  },
  {
    name: "the caller's own deadline is a failure, and not retried",
    always: hang,
    actions: [call('GET', { abortAfterMs: 200, abortReason: 'TimeoutError' })],
    expected: { requests: 1, verdicts: 'F', state: 'closed', ends: 'aborted' },
  },
  {
    name: 'aborts never open the circuit',
    needs: { sharesConnections: false },
    options: NO_RETRY,
    always: hang,
    actions: [together(10, 'GET', { abortAfterMs: 250 })],
    expected: { requests: 10, verdicts: 'IIIIIIIIII', state: 'closed', ends: 'aborted x10' },
  },
];
