/** What opens a circuit, and what an open circuit does. */

import { answer, close, reset } from '../../step.ts';
import { call, type Scenario, tick, together } from '../scenario.ts';
import { FIRST_DIES, MARGIN_MS, NO_RETRY, OPEN_MS, TOUCHY } from './settings.ts';

export const OPENING: readonly Scenario[] = [
  {
    name: 'five 503s open the circuit',
    options: NO_RETRY,
    always: answer(503),
    actions: [call('GET', {}, 6)],
    expected: { requests: 5, verdicts: 'FFFFF', state: 'open', ends: '503 x5, refused' },
  },
  {
    name: 'five requests open the circuit, retries included',
    always: answer(503),
    actions: [call('GET', {}, 3)],
    expected: { requests: 5, verdicts: 'FFFFF', state: 'open', ends: '503 x2, refused' },
  },
  {
    name: 'five resets open the circuit',
    options: NO_RETRY,
    always: reset,
    actions: [call('GET', {}, 6)],
    expected: { requests: 5, verdicts: 'FFFFF', state: 'open', ends: 'failed x5, refused' },
  },
  {
    name: 'five closed connections open the circuit',
    options: NO_RETRY,
    always: close,
    actions: [call('GET', {}, 6)],
    expected: { requests: 5, verdicts: 'FFFFF', state: 'open', ends: 'failed x5, refused' },
  },
  {
    name: 'four 503s do not open the circuit',
    options: NO_RETRY,
    steps: [answer(503), answer(503), answer(503), answer(503)],
    actions: [call('GET', {}, 5)],
    expected: { requests: 5, verdicts: 'FFFFS', state: 'closed', ends: '503 x4, 200' },
  },
  {
    name: 'a success between failures resets the count',
    options: NO_RETRY,
    steps: [answer(503), answer(503), answer(503), answer(503), answer(200)],
    always: answer(503),
    actions: [call('GET', {}, 9)],
    expected: { requests: 9, verdicts: 'FFFFSFFFF', state: 'closed', ends: '503 x4, 200, 503 x4' },
  },
  {
    name: 'failures far apart do not add up',
    options: NO_RETRY,
    always: answer(503),
    actions: [call('GET'), tick(10_001), call('GET'), tick(10_001), call('GET', {}, 4)],
    expected: { requests: 6, verdicts: 'FFFFFF', state: 'closed', ends: '503 x6' },
  },
  {
    name: '408 and 429 count',
    options: NO_RETRY,
    steps: [answer(408), answer(429), answer(408), answer(429), answer(429)],
    actions: [call('POST', {}, 6)],
    expected: { requests: 5, verdicts: 'FFFFF', state: 'open', ends: '408, 429, 408, 429 x2, refused' },
  },
  {
    name: 'failureStatus decides',
    options: { retry: false, failureStatus: [404] },
    always: answer(404),
    actions: [call('GET', {}, 6)],
    expected: { requests: 5, verdicts: 'FFFFF', state: 'open', ends: '404 x5, refused' },
  },
  {
    name: 'failureStatus may exclude a status',
    options: { retry: false, failureStatus: ['5xx', '!503'] },
    always: answer(503),
    actions: [call('GET', {}, 6)],
    expected: { requests: 6, verdicts: 'SSSSSS', state: 'closed', ends: '503 x6' },
  },
  {
    name: 'concurrent calls all count',
    options: NO_RETRY,
    always: answer(503, { delayMs: 50 }),
    actions: [together(8, 'GET'), call('GET')],
    expected: { requests: 8, verdicts: 'FFFFFFFF', state: 'open', ends: '503 x8, refused' },
  },
  {
    name: 'an open circuit refuses until its open time has passed',
    ...FIRST_DIES,
    actions: [call('GET'), tick(OPEN_MS - MARGIN_MS), call('GET'), tick(MARGIN_MS), call('GET')],
    expected: { requests: 2, verdicts: 'FS', state: 'closed', ends: 'failed, refused, 200' },
  },
  {
    name: 'Retry-After sets the open time',
    options: TOUCHY,
    steps: [answer(503, { headers: { 'retry-after': '5' } })],
    actions: [call('GET'), tick(5_000 - MARGIN_MS), call('GET'), tick(MARGIN_MS), call('GET')],
    expected: { requests: 2, verdicts: 'FS', state: 'closed', ends: '503, refused, 200' },
  },
  {
    name: 'an open circuit refuses every method',
    ...FIRST_DIES,
    actions: [call('GET'), call('POST', { body: 'x' }), call('HEAD')],
    expected: { requests: 1, verdicts: 'F', state: 'open', ends: 'failed, refused x2' },
  },
];
