/** What a call or a hook can override. */

import { answer, hang } from '../../step.ts';
import { call, type Scenario } from '../scenario.ts';
import { FIRST_DIES, NO_RETRY } from './settings.ts';

export const OVERRIDES: readonly Scenario[] = [
  {
    name: 'a call may disable retries',
    needs: { overrides: true },
    always: answer(503),
    actions: [call('GET', { cutout: { retry: false } })],
    expected: { requests: 1, verdicts: 'F', state: 'closed', ends: '503' },
  },
  {
    name: 'a call may have its own failureStatus',
    needs: { overrides: true },
    options: NO_RETRY,
    always: answer(404),
    actions: [call('GET', { cutout: { failureStatus: [404] } }, 6)],
    expected: { requests: 5, verdicts: 'FFFFF', state: 'open', ends: '404 x5, refused' },
  },
  {
    name: 'a call may bypass an open circuit',
    needs: { overrides: true },
    ...FIRST_DIES,
    actions: [call('GET'), call('GET', { cutout: false }), call('GET')],
    expected: { requests: 2, verdicts: 'F', state: 'open', ends: 'failed, 200, refused' },
  },
  {
    name: 'a call may have its own time limit',
    needs: { overrides: true },
    options: NO_RETRY,
    always: hang,
    actions: [call('GET', { cutout: { attemptTimeoutMs: 80 } })],
    expected: { requests: 1, verdicts: 'F', state: 'closed', ends: 'failed' },
  },
  {
    name: 'a bad option of a call sends nothing',
    needs: { overrides: true },
    actions: [call('GET', { cutout: { attemptTimeoutMs: -1 } })],
    expected: { requests: 0, verdicts: '', state: 'closed', ends: 'failed' },
  },
  {
    name: 'classify decides the verdict',
    options: { retry: false, classify: ({ status }) => (status === 503 ? { health: 'ignore' } : undefined) },
    always: answer(503),
    actions: [call('GET', {}, 6)],
    expected: { requests: 6, verdicts: 'IIIIII', state: 'closed', ends: '503 x6' },
  },
  {
    name: 'a classify that throws releases the permit',
    options: {
      classify: () => {
        throw new Error('on purpose');
      },
    },
    actions: [call('GET')],
    expected: { requests: 1, verdicts: 'I', state: 'closed', ends: 'failed' },
  },
];
