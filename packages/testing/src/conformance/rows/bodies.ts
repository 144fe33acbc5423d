/** Bodies that break, and bodies that can be sent only once. */

import { answer, breakBody, reset } from '../../step.ts';
import { call, type Scenario, tick } from '../scenario.ts';
import { NO_RETRY, OPEN_MS, TOUCHY } from './settings.ts';

const HANDED_OUT = { bodyInsideAttempt: false } as const;
const NEEDS = { reset: HANDED_OUT, close: { ...HANDED_OUT, hidesCutBodies: false } } as const;

/** Clients that hand out the body: it ends after the verdict. */
export const BODY_OUTSIDE: readonly Scenario[] = (['reset', 'close'] as const).flatMap((how): Scenario[] => [
  {
    name: `five bodies that break by ${how} open the circuit`,
    needs: NEEDS[how],
    always: breakBody(how),
    actions: [call('GET', {}, 6)],
    expected: { requests: 5, verdicts: 'SBSBSBSBSB', state: 'open', ends: '200 cut x5, refused' },
  },
  {
    name: `a whole body between broken ones (${how}) resets the count`,
    needs: NEEDS[how],
    steps: [...Array(4).fill(breakBody(how)), answer(200, { body: 'x' }), ...Array(4).fill(breakBody(how))],
    actions: [call('GET', {}, 9)],
    expected: { requests: 9, verdicts: 'SBSBSBSBSSBSBSBSB', state: 'closed', ends: '200 cut x4, 200, 200 cut x4' },
  },
  {
    name: `a probe whose body breaks by ${how} reopens the circuit`,
    needs: NEEDS[how],
    options: TOUCHY,
    steps: [reset],
    always: breakBody(how),
    actions: [call('GET'), tick(OPEN_MS), call('GET')],
    expected: { requests: 2, verdicts: 'FSB', state: 'open', ends: 'failed, 200 cut' },
  },
]);

/** Clients that read the body inside the attempt: a broken body fails the attempt. */
export const BODY_INSIDE: readonly Scenario[] = (['reset', 'close'] as const).flatMap((how): Scenario[] => [
  {
    name: `five bodies that break by ${how} are five failures`,
    needs: { bodyInsideAttempt: true },
    options: NO_RETRY,
    always: breakBody(how),
    actions: [call('GET', {}, 6)],
    expected: { requests: 5, verdicts: 'FFFFF', state: 'open', ends: 'failed x5, refused' },
  },
  {
    name: `a body that breaks by ${how} is retried`,
    needs: { bodyInsideAttempt: true },
    steps: [breakBody(how)],
    actions: [call('GET')],
    expected: { requests: 2, verdicts: 'FS', state: 'closed', ends: '200' },
  },
  {
    name: `a probe whose body breaks by ${how} fails`,
    needs: { bodyInsideAttempt: true },
    options: TOUCHY,
    steps: [reset],
    always: breakBody(how),
    actions: [call('GET'), tick(OPEN_MS), call('GET')],
    expected: { requests: 2, verdicts: 'FF', state: 'open', ends: 'failed x2' },
  },
]);

export const STREAMS: readonly Scenario[] = [
  {
    name: 'a one-shot body is sent',
    needs: { streams: true },
    actions: [call('PUT', { body: 'x', oneShot: true })],
    expected: { requests: 1, verdicts: 'S', state: 'closed', ends: '200' },
  },
  {
    name: 'a one-shot body is never sent twice',
    needs: { streams: true },
    always: answer(503),
    actions: [call('PUT', { body: 'x', oneShot: true })],
    expected: { requests: 1, verdicts: 'F', state: 'closed', ends: '503' },
  },
  {
    name: 'a one-shot body is not resent after a reset',
    needs: { streams: true },
    always: reset,
    actions: [call('PUT', { body: 'x', oneShot: true })],
    expected: { requests: 1, verdicts: 'F', state: 'closed', ends: 'failed' },
  },
];
