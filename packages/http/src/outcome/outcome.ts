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
  | 'local'
  /** This machine lacks a resource, or forbids its use. */
  | 'shortage'
  /** A proxy refused to connect to the host. */
  | 'proxy'
  /** A time limit fired late: the process slept, not the host. */
  | 'slept';

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
  /** The platform hides what the response was, as that of an opaque response. */
  readonly opaque?: boolean;
  /** The answer comes from the client's own cache: it says nothing about the host. */
  readonly fromCache?: boolean;
  /**
   * Where the client has followed a redirect to another origin: the one that gave the answer, or that the error is
   * about. An error may show no more of it than its host.
   */
  readonly answeredBy?: string;
  /** The status of a proxy's answer, where `kind` is `proxy`. */
  readonly proxyStatus?: number;
  /** Another attempt has ended with the same connection: the two are one failure of the host. */
  readonly sharesLoss?: boolean;
  /** Whether another adapter, inside this one, has tried as often as it may. */
  readonly isExhausted?: boolean;
}
