/** How one attempt ended. */

import type { HeaderReader } from './request.ts';

export type OutcomeKind =
  | 'status'
  | 'refused'
  | 'dns'
  | 'connect-timeout'
  | 'reset'
  | 'tls'
  | 'certificate'
  | 'attempt-timeout'
  | 'client-timeout'
  | 'deadline'
  | 'caller-timeout'
  | 'aborted'
  | 'body'
  | 'network'
  | 'invalid'
  | 'local';

export interface HttpOutcome {
  readonly kind: OutcomeKind;
  /** Where `kind` is `status`. 0 for a response whose status the platform hides. */
  readonly status?: number;
  readonly headers?: HeaderReader;
  readonly error?: unknown;
  /** Milliseconds the attempt took. */
  readonly durationMs: number;
  /** A response whose body has yet to be read; only then may its fate be told later. */
  readonly bodyPending?: boolean;
  /** Whether it is certain that no byte of the request left. */
  readonly nothingSent?: boolean;
  /** Whether another door, inside this one, has tried as often as it may. */
  readonly givenUp?: boolean;
}
