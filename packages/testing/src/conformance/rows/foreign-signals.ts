/** Signals that are not the platform's: from a polyfill, or a plain object of the same shape. */

import { bulkhead, type HttpPolicyOptions, hedge } from '@cutout/http';
import type { SignalMake } from '../../foreign-signal.ts';
import { answer, hang } from '../../step.ts';
import type { Capabilities } from '../adapter.ts';
import { call, type Scenario } from '../scenario.ts';
import { TOUCHY } from './settings.ts';

const MAKES: readonly SignalMake[] = ['polyfill', 'plain object'];
const NEEDS: Partial<Capabilities> = { takesForeignSignals: true };

/** Every place that combines the caller's signal with one of ours, or waits for it. */
const BESIDE: readonly [what: string, options: HttpPolicyOptions, needs?: Partial<Capabilities>][] = [
  ['no limit', {}],
  ['a limit for an attempt', { attemptTimeoutMs: 10_000 }],
  ['a limit for the call', { totalTimeoutMs: 10_000 }],
  ['a bulkhead with a queue', { bulkhead: bulkhead({ maxConcurrent: 1, maxQueue: 1 }) }],
  ['a hedge that is waited for', { hedge: hedge({ delayMs: 10_000, minimumSamples: 0 }) }, { hedges: true }],
];

export const FOREIGN_SIGNALS: readonly Scenario[] = MAKES.flatMap(signalMake => [
  ...BESIDE.flatMap(([what, options, needs]): Scenario[] => [
    {
      name: `the signal of a ${signalMake} works beside ${what}`,
      needs: { ...NEEDS, ...needs },
      options: { ...TOUCHY, ...options },
      actions: [call('GET', { signalMake }, 2)],
      expected: { requests: 2, verdicts: 'SS', state: 'closed', ends: '200 x2' },
    },
    {
      name: `an abort by the signal of a ${signalMake} beside ${what} is neutral`,
      needs: { ...NEEDS, ...needs },
      options: { ...TOUCHY, ...options },
      always: hang,
      actions: [call('GET', { signalMake, abortAfterMs: 150 })],
      expected: { requests: 1, verdicts: 'I', state: 'closed', ends: 'aborted' },
    },
  ]),
  {
    name: `an abort by the signal of a ${signalMake} ends the wait before a retry`,
    needs: NEEDS,
    options: { retry: { backoff: () => 5_000 } },
    always: answer(503),
    actions: [call('GET', { signalMake, abortAfterMs: 150 })],
    expected: { requests: 1, verdicts: 'F', state: 'closed', ends: 'aborted' },
  },
]);
