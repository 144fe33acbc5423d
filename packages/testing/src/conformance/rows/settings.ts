/** Options that many rows share. */

import type { HttpPolicyOptions } from '@cutout/http';
import { reset } from '../../step.ts';
import type { Scenario } from '../scenario.ts';

export const OPEN_MS = 60_000;

/** A call before the end of a wait is made so much before it: the scenario's clock also runs by itself. */
export const MARGIN_MS = 1_000;

/** No retries. */
export const NO_RETRY: HttpPolicyOptions = { retry: false };

/** The first failure opens the circuit. */
export const AT_ONCE: NonNullable<HttpPolicyOptions['breaker']> = { failures: 1 };

/** One failure opens the circuit, and one probe is admitted. */
export const TOUCHY: HttpPolicyOptions = { retry: false, breaker: { ...AT_ONCE, halfOpen: { maxCalls: 1 } } };

/** A circuit that does not open. */
export const OUT_OF_REACH: HttpPolicyOptions = { breaker: { failures: 1_000 } };

/** The first request fails and opens the circuit. */
export const FIRST_DIES: Pick<Scenario, 'steps' | 'options'> = { steps: [reset], options: TOUCHY };
