/** Redirects: followed inside the attempt, or each hop guarded for its own origin. */

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
    name: 'a redirect to a host that dies counts for the first if the error does not name the hop',
    needs: { perHopKeys: false, guardsForeignHops: false, namesFailedHop: false },
    options: TOUCHY,
    steps: [redirect('elsewhere'), reset],
    actions: [call('GET', {}, 2)],
    expected: { requests: 2, verdicts: 'F', state: 'open', ends: 'failed, refused' },
  },
  {
    name: 'a redirect to a host that dies is neutral for the first',
    needs: { perHopKeys: false, namesFailedHop: true },
    options: TOUCHY,
    steps: [redirect('elsewhere'), reset],
    actions: [call('GET', {}, 2)],
    expected: { requests: 3, verdicts: 'IS', state: 'closed', ends: 'failed, 200' },
  },
  {
    name: 'a redirect to a host that fails is a success of the first',
    needs: { perHopKeys: false, guardsForeignHops: false },
    options: TOUCHY,
    steps: [redirect('elsewhere'), answer(503, { headers: { 'retry-after': '300' } })],
    actions: [call('GET', {}, 2)],
    expected: { requests: 3, verdicts: 'SS', state: 'closed', ends: '503, 200' },
  },
  {
    name: 'a redirect to a host that dies counts for both if an inner adapter guards that hop',
    needs: { perHopKeys: false, guardsForeignHops: true },
    options: TOUCHY,
    steps: [redirect('elsewhere'), reset],
    actions: [call('GET', {}, 2)],
    expected: { requests: 2, verdicts: 'FF', state: 'open', ends: 'failed, refused' },
  },
  {
    name: 'a redirect to a host that fails counts for that host if an inner adapter guards the hop',
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
    name: 'a redirect to a host that dies counts for that host',
    needs: { perHopKeys: true },
    options: TOUCHY,
    steps: [redirect('elsewhere'), reset],
    actions: [call('GET', {}, 2)],
    expected: { requests: 3, verdicts: 'SFS', state: 'closed', ends: 'failed, 200' },
  },
  {
    name: 'a redirect to a host with an open circuit is refused',
    needs: { perHopKeys: true },
    options: TOUCHY,
    steps: [redirect('elsewhere'), reset, redirect('elsewhere')],
    actions: [call('GET', {}, 2)],
    expected: { requests: 3, verdicts: 'SFS', state: 'closed', ends: 'failed, refused' },
  },
];
