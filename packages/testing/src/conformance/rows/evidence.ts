/** What counts as evidence about the host, and how long `Retry-After` holds. */

import type { HttpPolicyOptions } from '@cutout/http';
import { answer } from '../../step.ts';
import { call, type Scenario, tick } from '../scenario.ts';
import { AT_ONCE, OPEN_MS, TOUCHY } from './settings.ts';

/** Twice the default open duration. */
const LONG = { headers: { 'retry-after': `${(2 * OPEN_MS) / 1_000}` } };
const HINT: HttpPolicyOptions['classify'] = ({ status }) =>
  status === 529 || status === 429 ? { notBeforeMs: 2 * OPEN_MS } : undefined;

const UNKNOWN_STATUS: readonly Scenario[] = [600, 999].map(status => ({
  name: `a status of ${status} is a failure, and retried`,
  steps: [answer(status)],
  actions: [call('GET')],
  expected: { requests: 2, verdicts: 'FS', state: 'closed', ends: '200' },
}));

const RETRY_AFTER: readonly Scenario[] = [500, 502, 504, 529].map(status => ({
  name: `a Retry-After on a ${status} sets the open time`,
  options: TOUCHY,
  steps: [answer(status, LONG)],
  actions: [call('GET'), tick(OPEN_MS), call('GET'), tick(OPEN_MS), call('GET')],
  expected: { requests: 2, verdicts: 'FS', state: 'closed', ends: `${status}, refused, 200` },
}));

const HINTED: readonly Scenario[] = [429, 529].map(status => ({
  name: `a notBeforeMs from classify for a ${status} sets the open time`,
  options: { ...TOUCHY, classify: HINT },
  steps: [answer(status)],
  actions: [call('GET'), tick(OPEN_MS), call('GET'), tick(OPEN_MS), call('GET')],
  expected: { requests: 2, verdicts: 'FS', state: 'closed', ends: `${status}, refused, 200` },
}));

export const EVIDENCE: readonly Scenario[] = [
  ...UNKNOWN_STATUS,
  ...RETRY_AFTER,
  ...HINTED,
  {
    name: 'a 529 is retried',
    steps: [answer(529)],
    actions: [call('GET')],
    expected: { requests: 2, verdicts: 'FS', state: 'closed', ends: '200' },
  },
  {
    name: 'a Retry-After with spaces around it is honoured',
    options: { retry: { maxRetryAfterMs: 1_000 } },
    always: answer(503, { headers: { 'retry-after': ' 2 ' } }),
    actions: [call('GET')],
    expected: { requests: 1, verdicts: 'F', state: 'closed', ends: '503' },
  },
  {
    name: 'a fractional Retry-After is honoured',
    options: { retry: { maxRetryAfterMs: 1_000 } },
    always: answer(503, { headers: { 'retry-after': '1.5' } }),
    actions: [call('GET')],
    expected: { requests: 1, verdicts: 'F', state: 'closed', ends: '503' },
  },
  {
    name: 'a shortage of file descriptors is neutral',
    needs: { nodeSockets: true },
    listens: 'no descriptors',
    options: { breaker: AT_ONCE },
    actions: [call('GET', {}, 3)],
    expected: { requests: 0, verdicts: 'III', state: 'closed', ends: 'failed x3' },
  },
];
