/** Request bodies whose source fails: an unreadable file, or an upload whose client disconnected. */

import { call, type Scenario } from '../scenario.ts';
import { AT_ONCE } from './settings.ts';

export const UPLOADS: readonly Scenario[] = [
  {
    name: 'an upload whose source fails is neutral, and sent once',
    needs: { streams: true },
    options: { breaker: AT_ONCE },
    actions: [call('PUT', { body: 'part', sourceFails: true }, 3), call('GET')],
    expected: { requests: 1, verdicts: 'IIIS', state: 'closed', ends: 'failed x3, 200' },
  },
  {
    name: 'an upload whose source fails is neutral under a time limit',
    needs: { streams: true },
    options: { breaker: AT_ONCE, attemptTimeoutMs: 10_000, totalTimeoutMs: 10_000 },
    actions: [call('PUT', { body: 'part', sourceFails: true }), call('GET')],
    expected: { requests: 1, verdicts: 'IS', state: 'closed', ends: 'failed, 200' },
  },
];
