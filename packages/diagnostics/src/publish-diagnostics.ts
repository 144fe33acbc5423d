/** Publishes what a policy does on diagnostics channels, for tools that know nothing of it but their names. */

import { channel, tracingChannel } from 'node:diagnostics_channel';
import {
  type CallEnd,
  checkPolicy,
  type HttpObserver,
  type HttpPolicy,
  type RefusedAttempt,
  type StartedAttempt,
  type StartedCall,
} from '@cutout/http';

/** On `cutout:rejected`: an attempt that was not made. */
export interface RejectedMessage {
  readonly key: string;
  readonly method: string;
  /** A `CircuitOpenError`, a `BulkheadFullError`, or the `HttpTimeoutError` of a call whose time ended in the queue. */
  readonly error: Error;
}

/** On `cutout:retry`: a further attempt begins. */
export interface RetryMessage {
  readonly key: string;
  readonly method: string;
  /** The number of that attempt, from 2. */
  readonly attempt: number;
}

/** On the channels `tracing:cutout.call:*`: one object for each call, on all of them. */
export interface CallMessage {
  readonly key: string;
  readonly method: string;
  /** How the call ended; from `asyncStart` on. */
  result?: CallEnd;
}

const transition = channel('cutout:transition');
const rejected = channel('cutout:rejected');
const retry = channel('cutout:retry');
const call = tracingChannel<CallMessage, CallMessage>('cutout.call');

/**
 * Publishes `cutout:transition` (the event as it is), `cutout:rejected`, `cutout:retry`, and a tracing channel `cutout.call`
 * around calls: `start` and `end` when one begins, `asyncStart` and `asyncEnd` when it has ended, `error` before these where it
 * failed or was refused. Each message is an object of its own. Where nobody has subscribed, nothing is made. Returns the function
 * that ends it.
 *
 * @example
 * publishDiagnostics(policy);
 * subscribe('cutout:transition', ({ key, to }) => console.log(key, to));
 *
 * @throws TypeError for what is no policy.
 */
export function publishDiagnostics(policy: HttpPolicy): () => void {
  checkPolicy(policy);
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
