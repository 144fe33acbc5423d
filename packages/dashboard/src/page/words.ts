/** Display texts for the names in a snapshot. */

import type { BreakerState, TransitionReason } from '@cutout/core';
import type { CallEnd, RetryRefusal } from '@cutout/http';
import type { HostRow } from '../snapshot.ts';

const REASONS: Readonly<Record<TransitionReason, string>> = {
  consecutive: 'failures in a row',
  rate: 'too many failures',
  slow: 'too many slow answers',
  adaptive: 'worse than normal',
  custom: 'a rule of the application',
  'open-elapsed': 'time for a probe',
  'probes-ok': 'probes succeeded',
  'probe-failed': 'a probe failed',
  'probe-expired': 'probes took too long',
  'probe-body': 'a probe’s body broke',
  manual: 'by hand',
  restore: 'as it was saved',
};

export const CALL_ENDS: Readonly<Record<CallEnd, string>> = {
  'first-try': 'good at once',
  'after-retry': 'good after a retry',
  failed: 'failed',
  ignored: 'neutral for the host',
  refused: 'refused by the circuit',
  'bulkhead-full': 'rejected by the bulkhead',
};

export const RETRY_REFUSALS: Readonly<Record<RetryRefusal, string>> = {
  attempts: 'attempts used up',
  body: 'body cannot be sent again',
  method: 'method is not repeatable',
  aborted: 'caller aborted',
  circuit: 'circuit not closed',
  'retry-after': 'Retry-After too long',
  deadline: 'no time left',
  'inner-adapter': 'retried by an inner adapter',
  budget: 'budget used up',
};

export function reasonWords(reason: TransitionReason): string {
  return REASONS[reason] ?? reason;
}

export function stateWords(state: BreakerState, shadow = false): string {
  return shadow ? `${state} (shadow)` : state;
}

export function failureWords({ lastFailure }: HostRow): string | undefined {
  return lastFailure && (lastFailure.kind === 'status' ? `status ${lastFailure.status ?? '?'}` : lastFailure.kind);
}
