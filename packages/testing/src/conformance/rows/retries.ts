/** Retries. */

import { answer, reset } from '../../step.ts';
import { call, type Scenario } from '../scenario.ts';
import { OUT_OF_REACH } from './settings.ts';

export const RETRIES: readonly Scenario[] = [
  {
    name: 'a GET is retried until it succeeds',
    steps: [answer(503), reset],
    actions: [call('GET')],
    expected: { requests: 3, verdicts: 'FFS', state: 'closed', ends: '200' },
  },
  {
    name: 'a GET is sent at most three times',
    options: OUT_OF_REACH,
    always: answer(500),
    actions: [call('GET')],
    expected: { requests: 3, verdicts: 'FFF', state: 'closed', ends: '500' },
  },
  {
    name: 'a POST that was answered is sent once',
    always: answer(503),
    actions: [call('POST', { body: 'x' })],
    expected: { requests: 1, verdicts: 'F', state: 'closed', ends: '503' },
  },
  {
    name: 'a POST that may have arrived is sent once',
    always: reset,
    actions: [call('POST', { body: 'x' })],
    expected: { requests: 1, verdicts: 'F', state: 'closed', ends: 'failed' },
  },
  {
    name: 'a POST with an Idempotency-Key is retried',
    needs: { replaysBodies: true },
    steps: [answer(503)],
    actions: [call('POST', { body: 'x', headers: { 'Idempotency-Key': '1' } })],
    expected: { requests: 2, verdicts: 'FS', state: 'closed', ends: '200' },
  },
  {
    name: 'a POST is retried with a generated key',
    needs: { replaysBodies: true },
    options: { retry: { idempotencyKey: true } },
    steps: [answer(503), reset],
    actions: [call('POST', { body: 'x' })],
    expected: { requests: 3, verdicts: 'FFS', state: 'closed', ends: '200' },
  },
  {
    name: 'a retry beyond the budget is not made',
    options: { retry: { budget: { ratio: 0, minRetriesPerSecond: 0 } } },
    steps: [answer(503)],
    actions: [call('GET', {}, 2)],
    expected: { requests: 2, verdicts: 'FS', state: 'closed', ends: '503, 200' },
  },
  {
    name: 'the reserve allows ten retries at once',
    options: { ...OUT_OF_REACH, retry: { maxRetries: 100, budget: { ratio: 0 } } },
    always: answer(503),
    actions: [call('GET')],
    expected: { requests: 11, verdicts: 'FFFFFFFFFFF', state: 'closed', ends: '503' },
  },
  {
    name: 'a PUT is retried with its body',
    needs: { replaysBodies: true },
    steps: [reset],
    actions: [call('PUT', { body: 'x' })],
    expected: { requests: 2, verdicts: 'FS', state: 'closed', ends: '200' },
  },
  {
    name: 'a PATCH is not retried',
    steps: [reset],
    actions: [call('PATCH', { body: 'x' })],
    expected: { requests: 1, verdicts: 'F', state: 'closed', ends: 'failed' },
  },
  {
    name: 'retryStatus decides',
    options: { retryStatus: [404] },
    steps: [answer(404)],
    actions: [call('GET')],
    expected: { requests: 2, verdicts: 'SS', state: 'closed', ends: '200' },
  },
  {
    name: 'maxRetries decides',
    options: { ...OUT_OF_REACH, retry: { maxRetries: 5 } },
    always: answer(503),
    actions: [call('GET')],
    expected: { requests: 6, verdicts: 'FFFFFF', state: 'closed', ends: '503' },
  },
  {
    name: 'methods decide',
    needs: { replaysBodies: true },
    options: { retry: { methods: ['POST'] } },
    steps: [answer(503), answer(503)],
    actions: [call('GET'), call('POST', { body: 'x' })],
    expected: { requests: 3, verdicts: 'FFS', state: 'closed', ends: '503, 200' },
  },
  {
    name: 'a Retry-After longer than the limit is not awaited',
    always: answer(503, { headers: { 'retry-after': '11' } }),
    actions: [call('GET')],
    expected: { requests: 1, verdicts: 'F', state: 'closed', ends: '503' },
  },
  {
    name: 'an invalid Retry-After is ignored',
    steps: [answer(503, { headers: { 'retry-after': 'soon' } })],
    actions: [call('GET')],
    expected: { requests: 2, verdicts: 'FS', state: 'closed', ends: '200' },
  },
  {
    name: 'an abort during a retry wait ends the call',
    options: { retry: { backoff: () => 5_000 } },
    always: answer(503),
    actions: [call('GET', { abortAfterMs: 200 })],
    expected: { requests: 1, verdicts: 'F', state: 'closed', ends: 'aborted' },
  },
  {
    name: 'a large answer is discarded before a retry',
    steps: [answer(503, { body: 5_000_000 })],
    actions: [call('GET')],
    expected: { requests: 2, verdicts: 'FS', state: 'closed', ends: '200' },
  },
];
