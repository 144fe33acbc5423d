/** Redirects: followed inside the attempt, or each hop an attempt's own step, for its own origin. */

import { answer, redirect, reset } from '../../step.ts';
import { call, type Scenario } from '../scenario.ts';
import { TOUCHY } from './settings.ts';

export const FOLLOWED_INSIDE: readonly Scenario[] = [
  {
    name: 'a redirect is one answer',
    needs: { perHopKeys: false },
    steps: [redirect('here')],
    actions: [call('GET')],
    expected: { requests: 2, verdicts: 'S', state: 'closed', ends: '200' },
  },
  {
    name: 'a redirect to another host that dies counts for the first where nothing says which of them died',
    needs: { perHopKeys: false, guardsForeignHops: false, namesFailedHop: false },
    options: TOUCHY,
    steps: [redirect('elsewhere'), reset],
    actions: [call('GET', {}, 2)],
    expected: { requests: 2, verdicts: 'F', state: 'open', ends: 'failed, refused' },
  },
  {
    name: 'a redirect to another host that dies says nothing about the first',
    needs: { perHopKeys: false, namesFailedHop: true },
    options: TOUCHY,
    steps: [redirect('elsewhere'), reset],
    actions: [call('GET', {}, 2)],
    expected: { requests: 3, verdicts: 'IS', state: 'closed', ends: 'failed, 200' },
  },
  {
    name: 'a redirect to a host that fails is a good answer of the first',
    needs: { perHopKeys: false, guardsForeignHops: false },
    options: TOUCHY,
    steps: [redirect('elsewhere'), answer(503, { headers: { 'retry-after': '300' } })],
    actions: [call('GET', {}, 2)],
    expected: { requests: 3, verdicts: 'SS', state: 'closed', ends: '503, 200' },
  },
  {
    name: 'a redirect to another host that dies counts for both where an inner adapter guards that hop',
    needs: { perHopKeys: false, guardsForeignHops: true },
    options: TOUCHY,
    steps: [redirect('elsewhere'), reset],
    actions: [call('GET', {}, 2)],
    expected: { requests: 2, verdicts: 'FF', state: 'open', ends: 'failed, refused' },
  },
  {
    name: 'a redirect to a host that fails counts for that one where an inner adapter guards that hop',
    needs: { perHopKeys: false, guardsForeignHops: true },
    options: TOUCHY,
    steps: [redirect('elsewhere'), answer(503)],
    actions: [call('GET', {}, 2)],
    expected: { requests: 3, verdicts: 'FSS', state: 'closed', ends: '503, 200' },
  },
];

export const HOP_BY_HOP: readonly Scenario[] = [
  {
    name: 'each hop of a redirect is an answer',
    needs: { perHopKeys: true },
    steps: [redirect('here'), redirect('here')],
    actions: [call('GET')],
    expected: { requests: 3, verdicts: 'SSS', state: 'closed', ends: '200' },
  },
  {
    name: 'a redirect to another host that dies counts for that one',
    needs: { perHopKeys: true },
    options: TOUCHY,
    steps: [redirect('elsewhere'), reset],
    actions: [call('GET', {}, 2)],
    expected: { requests: 3, verdicts: 'SFS', state: 'closed', ends: 'failed, 200' },
  },
  {
    name: 'a redirect to a host whose circuit is open is refused there',
    needs: { perHopKeys: true },
    options: TOUCHY,
    steps: [redirect('elsewhere'), reset, redirect('elsewhere')],
    actions: [call('GET', {}, 2)],
    expected: { requests: 3, verdicts: 'SFS', state: 'closed', ends: 'failed, refused' },
  },
];
