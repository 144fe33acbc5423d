/** Circuits that are isolated, reset, or in another mode. */

import { reset } from '../../step.ts';
import { call, type Scenario, tick } from '../scenario.ts';
import { AT_ONCE, FIRST_DIES } from './settings.ts';

export const BY_HAND: readonly Scenario[] = [
  {
    name: 'an isolated circuit refuses until released',
    actions: [{ do: 'isolate' }, call('GET'), tick(1e9), call('GET'), { do: 'release' }, call('GET')],
    expected: { requests: 1, verdicts: 'S', state: 'closed', ends: 'refused x2, 200' },
  },
  {
    name: 'a reset closes an open circuit',
    ...FIRST_DIES,
    actions: [call('GET'), { do: 'reset' }, call('GET')],
    expected: { requests: 2, verdicts: 'FS', state: 'closed', ends: 'failed, 200' },
  },
  {
    name: 'shadow mode refuses nothing',
    options: { retry: false, breaker: { ...AT_ONCE, mode: 'shadow' } },
    steps: [reset],
    actions: [call('GET', {}, 3)],
    expected: { requests: 3, verdicts: 'F', state: 'open', ends: 'failed, 200 x2' },
  },
  {
    name: 'mode off counts nothing',
    options: { retry: false, breaker: { ...AT_ONCE, mode: 'off' } },
    steps: [reset],
    actions: [call('GET', {}, 3)],
    expected: { requests: 3, verdicts: '', state: 'closed', ends: 'failed, 200 x2' },
  },
];
