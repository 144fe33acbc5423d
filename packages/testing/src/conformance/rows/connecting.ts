/** Hosts that accept no connection. */

import { call, type Scenario } from '../scenario.ts';
import { NO_RETRY, OUT_OF_REACH, TOUCHY } from './settings.ts';

export const CONNECTING: readonly Scenario[] = [
  {
    name: 'five refused connections open the circuit',
    listens: 'refuses',
    options: NO_RETRY,
    actions: [call('GET', {}, 6)],
    expected: { requests: 0, verdicts: 'FFFFF', state: 'open', ends: 'failed x5, refused' },
  },
  {
    name: 'a POST to a port that refuses is retried: nothing was sent',
    needs: { hidesCauses: false },
    listens: 'refuses',
    options: OUT_OF_REACH,
    actions: [call('POST')],
    expected: { requests: 0, verdicts: 'FFF', state: 'closed', ends: 'failed' },
  },
  {
    name: 'a connection that is never accepted times out and counts',
    listens: 'never accepts',
    options: { retry: false, attemptTimeoutMs: 80 },
    actions: [call('GET')],
    expected: { requests: 0, verdicts: 'F', state: 'closed', ends: 'failed' },
  },
  {
    name: 'the total limit ends a connection that is never accepted',
    listens: 'never accepts',
    options: { totalTimeoutMs: 80 },
    actions: [call('GET')],
    expected: { requests: 0, verdicts: 'F', state: 'closed', ends: 'failed' },
  },
  {
    name: 'an abort while connecting is neutral',
    needs: { seesEarlyAborts: true },
    listens: 'never accepts',
    options: TOUCHY,
    actions: [call('GET', { abortAfterMs: 50 })],
    expected: { requests: 0, verdicts: 'I', state: 'closed', ends: 'aborted' },
  },
  {
    name: 'an abort during the wait after a refused connection ends the call',
    listens: 'refuses',
    options: { retry: { backoff: () => 5_000 } },
    actions: [call('GET', { abortAfterMs: 200 })],
    expected: { requests: 0, verdicts: 'F', state: 'closed', ends: 'aborted' },
  },
  {
    name: "the caller's own deadline while connecting is a failure",
    needs: { seesEarlyAborts: true },
    listens: 'never accepts',
    options: TOUCHY,
    actions: [call('GET', { abortAfterMs: 50, abortReason: 'TimeoutError' })],
    expected: { requests: 0, verdicts: 'F', state: 'open', ends: 'aborted' },
  },
  {
    name: 'an abort while connecting ends the call at once, and the attempt at its time limit',
    needs: { seesEarlyAborts: false },
    listens: 'never accepts',
    options: { ...TOUCHY, attemptTimeoutMs: 200 },
    actions: [call('GET', { abortAfterMs: 50 })],
    expected: { requests: 0, verdicts: 'F', state: 'open', ends: 'aborted' },
  },
];
