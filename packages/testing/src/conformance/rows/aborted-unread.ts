/** Answers aborted on arrival: the usual way to discard one. */

import { bulkhead } from '@cutout/http';
import { answer, breakBody } from '../../step.ts';
import { call, type Scenario, wire } from '../scenario.ts';
import { TOUCHY } from './settings.ts';

const OPTIONS = { ...TOUCHY, bulkhead: bulkhead({ maxConcurrent: 1, bodyHoldMs: 600_000 }) };

export const ABORTED_UNREAD: readonly Scenario[] = [
  {
    name: 'an answer aborted unread releases its permit, and is no failure',
    needs: { bodyInsideAttempt: false },
    options: OPTIONS,
    always: breakBody('hang'),
    actions: [call('GET', { abortUnread: true }, 2), wire(answer(200)), call('GET')],
    expected: { requests: 3, verdicts: 'SSS', state: 'closed', ends: '200 x3' },
  },
];
