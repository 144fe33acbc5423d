/** Answers that are no failures. */

import { answer, drip } from '../../step.ts';
import { call, type Scenario } from '../scenario.ts';

export const ANSWERS: readonly Scenario[] = [
  {
    name: 'a good answer',
    actions: [call('GET')],
    expected: { requests: 1, verdicts: 'S', state: 'closed', ends: '200' },
  },
  {
    name: 'a hundred good answers',
    actions: [call('GET', {}, 100)],
    expected: { requests: 100, verdicts: 'S'.repeat(100), state: 'closed', ends: '200 x100' },
  },
  {
    name: 'a large body',
    always: answer(200, { body: 2_000_000 }),
    actions: [call('GET')],
    expected: { requests: 1, verdicts: 'S', state: 'closed', ends: '200' },
  },
  {
    name: 'a body sent in slow pieces',
    always: drip(5, 5),
    actions: [call('GET')],
    expected: { requests: 1, verdicts: 'S', state: 'closed', ends: '200' },
  },
  {
    name: 'a POST with a body',
    actions: [call('POST', { body: 'x' })],
    expected: { requests: 1, verdicts: 'S', state: 'closed', ends: '200' },
  },
  {
    name: 'a HEAD',
    always: answer(200, { headers: { 'content-length': '10' } }),
    actions: [call('HEAD')],
    expected: { requests: 1, verdicts: 'S', state: 'closed', ends: '200' },
  },
  {
    name: 'a 204',
    always: answer(204),
    actions: [call('DELETE')],
    expected: { requests: 1, verdicts: 'S', state: 'closed', ends: '204' },
  },
  {
    name: 'a 304',
    always: answer(304),
    actions: [call('GET')],
    expected: { requests: 1, verdicts: 'S', state: 'closed', ends: '304' },
  },
  {
    name: 'six answers of 404',
    always: answer(404),
    actions: [call('GET', {}, 6)],
    expected: { requests: 6, verdicts: 'SSSSSS', state: 'closed', ends: '404 x6' },
  },
  {
    name: 'a 425 is retried, and no failure',
    steps: [answer(425)],
    actions: [call('GET')],
    expected: { requests: 2, verdicts: 'SS', state: 'closed', ends: '200' },
  },
  {
    name: 'a 501 is a failure, and not retried',
    always: answer(501),
    actions: [call('GET')],
    expected: { requests: 1, verdicts: 'F', state: 'closed', ends: '501' },
  },
];
