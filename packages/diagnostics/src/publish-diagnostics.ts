/** Publishes what a policy does on diagnostics channels, for tools that know only the channel names. */

import { channel, tracingChannel } from 'node:diagnostics_channel';
import type { CallEnd, HttpObserver, HttpPolicy, RefusedAttempt, StartedAttempt, StartedCall } from '@cutout/http';
import { requirePolicy } from '@cutout/http/adapter';

/** Published on `cutout:rejected`: an attempt was rejected and not sent. */
export interface RejectedMessage {
  readonly key: string;
  readonly method: string;
  /** A `CircuitOpenError`, a `BulkheadFullError`, or the `HttpTimeoutError` of a call that timed out in the queue. */
  readonly error: Error;
}

/** Published on `cutout:retry`: a retry begins. */
export interface RetryMessage {
  readonly key: string;
  readonly method: string;
  /** The number of the attempt, from 2. */
  readonly attempt: number;
}

/** Published on the channels `tracing:cutout.call:*`: one object per call, the same on all of them. */
export interface CallMessage {
  readonly key: string;
  readonly method: string;
  /** How the call ended. Set from `asyncStart` on. */
  result?: CallEnd;
}

const transition = channel('cutout:transition');
const rejected = channel('cutout:rejected');
const retry = channel('cutout:retry');
const call = tracingChannel<CallMessage, CallMessage>('cutout.call');

/**
 * Publishes `cutout:transition` (the event unchanged), `cutout:rejected`, `cutout:retry`, and a tracing channel `cutout.call`:
 * `start` and `end` when a call begins, `asyncStart` and `asyncEnd` when it has ended, and `error` before these if it failed
 * or was refused. Each message is a new object. Without subscribers no message is created.
 *
 * @example
 * publishDiagnostics(policy);
 * subscribe('cutout:transition', ({ key, to }) => console.log(key, to));
 *
 * @returns A function that ends the publishing.
 * @throws TypeError if `policy` is not a policy.
 */
export function publishDiagnostics(policy: HttpPolicy): () => void {
  requirePolicy(policy);
  const stopEvents = policy.subscribe(event => {
    if (transition.hasSubscribers) transition.publish({ ...event });
  }, 'transition');
  const stopObserving = policy.observe(observer);
  return () => {
    stopEvents();
    stopObserving();
  };
}

const observer: HttpObserver = {
  get active() {
    return call.hasSubscribers || rejected.hasSubscribers || retry.hasSubscribers;
  },
  call: started => (call.hasSubscribers ? trace(started) : undefined),
  attempt: ({ key, request, attempt, isHedge }: StartedAttempt) => {
    if (attempt > 1 && !isHedge && retry.hasSubscribers) retry.publish({ key, method: request.method, attempt });
    return undefined;
  },
  refused: ({ key, request, error }: RefusedAttempt) => {
    if (rejected.hasSubscribers) rejected.publish({ key, method: request.method, error });
  },
};

const FAILED: readonly CallEnd[] = ['failed', 'refused', 'bulkhead-full'];

function trace({ key, request }: StartedCall): { end(how: CallEnd): void } {
  const message: CallMessage = { key, method: request.method };
  call.start.publish(message);
  call.end.publish(message);
  return {
    end: how => {
      message.result = how;
      if (FAILED.includes(how)) call.error.publish(message);
      call.asyncStart.publish(message);
      call.asyncEnd.publish(message);
    },
  };
}
