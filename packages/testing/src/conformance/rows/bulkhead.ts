/** The bulkhead: limits concurrent attempts per host. */

import { bulkhead } from '@cutout/http';
import { answer, hang } from '../../step.ts';
import { call, type Scenario, together } from '../scenario.ts';
import { NO_RETRY, TOUCHY } from './settings.ts';

export const BULKHEAD: readonly Scenario[] = [
  {
    name: 'a full bulkhead refuses at once, with no effect on the circuit',
    options: { bulkhead: bulkhead({ maxConcurrent: 1 }), ...NO_RETRY, ...TOUCHY },
    actions: [together(5, 'GET'), call('GET')],
    expected: { requests: 2, verdicts: 'SS', state: 'closed', ends: 'full x4, 200 x2' },
  },
  {
    name: 'a bulkhead with a queue serves all calls',
    options: { bulkhead: bulkhead({ maxConcurrent: 2, maxQueue: 8 }), ...NO_RETRY },
    actions: [together(10, 'GET')],
    expected: { requests: 10, verdicts: 'SSSSSSSSSS', state: 'closed', ends: '200 x10' },
  },
  {
    name: 'a full queue refuses',
    options: { bulkhead: bulkhead({ maxConcurrent: 1, maxQueue: 2 }), ...NO_RETRY },
    actions: [together(5, 'GET')],
    expected: { requests: 3, verdicts: 'SSS', state: 'closed', ends: 'full x2, 200 x3' },
  },
  {
    name: 'a call is refused after queueTimeoutMs in the queue',
    options: {
      bulkhead: bulkhead({ maxConcurrent: 1, maxQueue: 1, queueTimeoutMs: 40 }),
      attemptTimeoutMs: 400,
      ...NO_RETRY,
    },
    always: hang,
    actions: [together(2, 'GET')],
    expected: { requests: 1, verdicts: 'F', state: 'closed', ends: 'full, failed' },
  },
  {
    name: 'a bulkhead refusal is not retried',
    options: { bulkhead: bulkhead({ maxConcurrent: 1 }), retry: { maxRetries: 5 } },
    actions: [together(3, 'GET')],
    expected: { requests: 1, verdicts: 'S', state: 'closed', ends: 'full x2, 200' },
  },
  {
    name: 'a retry wait releases its bulkhead permit',
    options: { bulkhead: bulkhead({ maxConcurrent: 1, maxQueue: 1 }), retry: { backoff: () => 30 } },
    steps: [answer(503)],
    actions: [together(2, 'GET')],
    expected: { requests: 3, verdicts: 'FSS', state: 'closed', ends: '200 x2' },
  },
  {
    name: 'bodies read or discarded release their bulkhead permits',
    options: { bulkhead: bulkhead({ maxConcurrent: 1 }), ...NO_RETRY },
    always: answer(200, { body: 'x'.repeat(10_000) }),
    actions: [call('GET', {}, 2), call('GET', { read: false }, 2), call('GET')],
    expected: { requests: 5, verdicts: 'SSSSS', state: 'closed', ends: '200 x5' },
  },
];
