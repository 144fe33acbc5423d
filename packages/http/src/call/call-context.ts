/** What a policy gives each of its calls. */

import type { BulkheadFullError, CircuitOpenError } from '@cutout/core';
import type { Observers } from '../observe/observer.ts';
import type { Targets } from './call-target.ts';
import type { ReplacementContext } from './replacements.ts';

export interface CallContext extends Targets, ReplacementContext {
  readonly observers: Observers;
}

/** Why an attempt was not made: an open circuit, a strategy, or no time left in a queue. */
export type AttemptRefusal = CircuitOpenError | BulkheadFullError | Error;
