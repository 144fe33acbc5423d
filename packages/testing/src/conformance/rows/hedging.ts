/** Hedging: a second request beside a slow first one, if the client can send two at a time. */

import { bulkhead, type HttpPolicyOptions, hedge } from '@cutout/http';
import { answer, breakBody, hang } from '../../step.ts';
import { call, type Scenario } from '../scenario.ts';
import { NO_RETRY } from './settings.ts';

const HEDGE: HttpPolicyOptions = { ...NO_RETRY, hedge: hedge({ delayMs: 30, minimumSamples: 0 }) };
const NEEDS = { hedges: true } as const;
const late = (status: number): ReturnType<typeof answer> => answer(status, { delayMs: 120 });

export const HEDGING: readonly Scenario[] = [
  {
    name: 'a hedge answers for a first request that hangs, which is neutral',
    needs: NEEDS,
    options: HEDGE,
    steps: [hang, answer(200)],
    actions: [call('GET')],
    expected: { requests: 2, verdicts: 'SI', state: 'closed', ends: '200' },
  },
  {
    name: 'a first request may answer before its hedge',
    needs: NEEDS,
    options: HEDGE,
    steps: [late(200), hang],
    actions: [call('GET')],
    expected: { requests: 2, verdicts: 'SI', state: 'closed', ends: '200' },
  },
  {
    name: 'a first request that answers in time has no hedge',
    needs: NEEDS,
    options: { ...NO_RETRY, hedge: hedge({ delayMs: 2_000, minimumSamples: 0 }) },
    actions: [call('GET', {}, 3)],
    expected: { requests: 3, verdicts: 'SSS', state: 'closed', ends: '200 x3' },
  },
  {
    name: 'a hedge that fails counts, and the first request answers',
    needs: NEEDS,
    options: HEDGE,
    steps: [late(200), answer(503)],
    actions: [call('GET')],
    expected: { requests: 2, verdicts: 'FS', state: 'closed', ends: '200' },
  },
  {
    name: 'a first request that fails late counts, and its hedge answers',
    needs: NEEDS,
    options: HEDGE,
    steps: [late(503), answer(200, { delayMs: 240 })],
    actions: [call('GET')],
    expected: { requests: 2, verdicts: 'FS', state: 'closed', ends: '200' },
  },
  {
    name: 'a request and its hedge that both fail count twice, and trip the circuit as two',
    needs: NEEDS,
    options: { ...HEDGE, breaker: { failures: 2 } },
    always: late(503),
    actions: [call('GET'), call('GET')],
    expected: { requests: 2, verdicts: 'FF', state: 'open', ends: '503, refused' },
  },
  {
    name: 'a request and its hedge are one attempt: a retry follows both, without a hedge',
    needs: NEEDS,
    options: { ...HEDGE, retry: {} },
    steps: [late(503), late(503), late(200)],
    actions: [call('GET')],
    expected: { requests: 3, verdicts: 'FFS', state: 'closed', ends: '200' },
  },
  {
    name: 'an abort ends a request and its hedge',
    needs: NEEDS,
    options: HEDGE,
    always: hang,
    actions: [call('GET', { abortAfterMs: 300 })],
    expected: { requests: 2, verdicts: 'II', state: 'closed', ends: 'aborted' },
  },
  {
    name: 'a time limit ends a request and its hedge as one failure',
    needs: NEEDS,
    options: { ...HEDGE, attemptTimeoutMs: 150 },
    always: hang,
    actions: [call('GET')],
    expected: { requests: 2, verdicts: 'FI', state: 'closed', ends: 'failed' },
  },
  {
    name: 'a hedge whose body breaks counts as a broken body',
    needs: { ...NEEDS, bodyInsideAttempt: false },
    options: HEDGE,
    steps: [hang, breakBody()],
    actions: [call('GET')],
    expected: { requests: 2, verdicts: 'SIB', state: 'closed', ends: '200 cut' },
  },
  {
    name: 'an unsafe method has no hedge',
    needs: NEEDS,
    options: HEDGE,
    always: late(200),
    actions: [call('POST', { body: 'x' }), call('PUT', { body: 'x' }), call('DELETE')],
    expected: { requests: 3, verdicts: 'SSS', state: 'closed', ends: '200 x3' },
  },
  {
    name: 'a circuit that is not closed has no hedge',
    needs: NEEDS,
    options: {
      ...NO_RETRY,
      // The first connection may be slow to open, and this request must not be hedged.
      hedge: hedge({ delayMs: 500, minimumSamples: 0 }),
      breaker: { failures: 1, openDurationMs: 1_000 },
    },
    steps: [answer(503), answer(200, { delayMs: 600 })],
    actions: [call('GET'), { do: 'tick', ms: 1_000 }, call('GET')],
    expected: { requests: 2, verdicts: 'FS', state: 'half-open', ends: '503, 200' },
  },
  {
    name: 'a full bulkhead refuses a hedge',
    needs: NEEDS,
    options: { ...HEDGE, bulkhead: bulkhead({ maxConcurrent: 1 }) },
    always: late(200),
    actions: [call('GET', {}, 2)],
    expected: { requests: 2, verdicts: 'SS', state: 'closed', ends: '200 x2' },
  },
  {
    name: 'a hedge is charged to the retry budget',
    needs: NEEDS,
    options: {
      hedge: hedge({ delayMs: 30, minimumSamples: 0 }),
      retry: { budget: { ratio: 0, minRetriesPerSecond: 0 } },
    },
    always: late(200),
    actions: [call('GET', {}, 2)],
    expected: { requests: 2, verdicts: 'SS', state: 'closed', ends: '200 x2' },
  },
  {
    name: 'a host with too few samples has no hedge',
    needs: NEEDS,
    options: { ...NO_RETRY, hedge: hedge({ delayMs: 30, minimumSamples: 1 }) },
    steps: [late(200), hang, answer(200)],
    actions: [call('GET', {}, 2)],
    expected: { requests: 3, verdicts: 'SSI', state: 'closed', ends: '200 x2' },
  },
  {
    name: 'a call may disable the hedge',
    needs: { ...NEEDS, overrides: true },
    options: HEDGE,
    steps: [late(200)],
    actions: [call('GET', { cutout: { hedge: false } })],
    expected: { requests: 1, verdicts: 'S', state: 'closed', ends: '200' },
  },
];
