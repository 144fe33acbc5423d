/** The got door: options for `got.extend`. */

import type { ClientRequest, IncomingMessage } from 'node:http';
import { checkObject, report } from '@cutout/core/internal';
import {
  asDoor,
  type DoorPolicy,
  doorPolicy,
  type Fallback,
  type HttpCall,
  type HttpCallOptions,
  type HttpPolicy,
  type HttpPolicyOptions,
  isHttpPolicy,
  refuseHedge,
} from '@cutout/http';
import type { ExtendOptions, GotReturn, HandlerFunction, Options, Request } from 'got';
import { answerFailures } from './failing-wire.ts';
import { checkAnswer, type GotAnswer } from './got-answer.ts';
import { Operation } from './operation.ts';
import { describe, dropReadBody } from './request.ts';
import { FirstRequest, StaleOperation } from './stale-operation.ts';

export type GotOptions = HttpPolicyOptions<GotAnswer>;

/** What belongs to this door rather than to the policy. */
export interface GotDoorOptions {
  /** Stands before the fallback of a policy that is shared; `false`: none. */
  readonly fallback?: false | Fallback<GotAnswer>;
}

/** Goes into `got.extend(...)`. */
export interface BreakerHooks extends Pick<ExtendOptions, 'handlers' | 'hooks' | 'retry'> {
  /** The policy behind the door: pass it to another door to share its circuits. */
  readonly policy: HttpPolicy;
}

/**
 * Where a call's operation is kept: got hands the members of `context` on through retries and redirects, and to the
 * handlers and hooks of a client that was extended twice.
 */
const OPERATION = Symbol.for('cutout.call');

/** Not worth a warning: nobody asked for it. */
const GOT_DEFAULT_LIMIT = 2;

interface Context extends Record<PropertyKey, unknown> {
  cutout?: HttpCallOptions;
  [OPERATION]?: Operation;
}

/**
 * Puts a circuit breaker before every request of a got client. Every attempt, and every hop of a redirect, is seen.
 * got makes the further attempts itself, when and as long as our policy says so; with `retry: false` got's own retry
 * stays as you configured it.
 *
 * @example
 * const client = got.extend(breakerHooks({ retry: { maxRetries: 3 } }));
 *
 * @param options The policy's options, or a policy to share.
 * @param own This door's own options, where a policy is shared.
 * @throws TypeError or RangeError for bad options.
 */
export function breakerHooks(options: GotOptions | HttpPolicy = {}, own: GotDoorOptions = {}): BreakerHooks {
  checkObject('', own, ['fallback']);
  const guard = doorPolicy(options as HttpPolicyOptions | HttpPolicy, own, checkAnswer);
  refuseHedge(guard.policy, 'got');
  const ownRetry = !isHttpPolicy(options) && options.retry !== false;
  const hooks: Omit<BreakerHooks, 'policy'> = {
    handlers: [handlerOf(guard)],
    hooks: {
      beforeRequest: [plain => operationOf(plain as Options)?.begin(plain as Options) as undefined],
      beforeRedirect: [(plain, response) => operationOf(plain as Options)?.redirected(response.statusCode)],
      beforeRetry: [error => beforeRetry(error.options as Options, error)],
      afterResponse: [
        response => {
          operationOf(response.request.options)?.answered(response as unknown as IncomingMessage, false);
          return response;
        },
      ],
    },
    ...(ownRetry ? { retry: { limit: 0 } } : {}),
  };
  return asDoor(hooks, guard.policy, 'breakerHooks');
}

function beforeRetry(options: Options, error: Error): void {
  const operation = operationOf(options);
  // The round of a fallback sends nothing, and got would make none with a body that has been read.
  if (operation?.answering) dropReadBody(options);
  else operation?.failed(error);
}

function handlerOf({ policy, door }: DoorPolicy): HandlerFunction {
  return <T extends GotReturn>(options: Options, next: (options: Options) => T): T | Promise<T> => {
    const { cutout } = options.context as Context;
    const guardedAlready = operationOf(options)?.ended === false;
    const request = describe(options);
    if (cutout === false || guardedAlready || !policy.guards(request)) return next(options);
    let operation: Operation;
    try {
      refuseHedge({ hedges: Boolean(cutout?.hedge) }, 'got');
      const call = policy.begin(request, cutout, door);
      operation = new Operation(call, policy.keepsStale ? staleOf(policy, call, options) : undefined);
    } catch (error) {
      return refuse(error as Error, options, next);
    }
    (options.context as Context)[OPERATION] = operation;
    if (operation.retries) useOurRetry(options, operation);
    else if (operation.fallsBack) askAfterOwnRetry(options, operation);
    return follow(next(options), options, operation);
  };
}

function staleOf(policy: HttpPolicy, call: HttpCall, options: Options): StaleOperation | undefined {
  const first = new FirstRequest(options);
  const steps = policy.stale(call, first);
  return steps && new StaleOperation(first, steps);
}

/** Sees each request on the wire, and the end of the call, without standing between got and its caller. */
function follow<T extends GotReturn>(result: T, options: Options, operation: Operation): T {
  const stream = result as Request;
  stream.on('request', (wire: ClientRequest) => {
    operation.onWire(wire);
    // Where got's `retry` event is listened for, another stream follows; a cache would keep the fallback's response.
    const isLast = options.isStream && !options.cache && stream.listenerCount('retry') === 0;
    if (isLast && operation.fallsBack) answerFailures(stream, wire, operation);
  });
  if (options.isStream) {
    stream.on('response', (response: IncomingMessage) => {
      const watch = operation.answered(response, true);
      stream.once('end', () => watch?.whole());
      stream.once('error', (error: Error) => watch?.broken(error));
      // Later than both: what is destroyed in the middle without an error was given up.
      stream.once('close', () => watch?.cancelled());
    });
    let failure: Error | undefined;
    stream.once('error', (error: Error) => {
      failure = error;
    });
    stream.once('close', () => operation.end(failure));
  } else {
    (result as Promise<unknown>).then(
      () => operation.end(),
      error => operation.end(error),
    );
  }
  return result;
}

function useOurRetry(options: Options, operation: Operation): void {
  if (options.retry.limit !== 0 && options.retry.limit !== GOT_DEFAULT_LIMIT) warnOnce();
  const calculateDelay = ({ error }: { error: Error }): number | Promise<number> =>
    operation.failed(error) || operation.fallBack(error);
  // Into the request's own copy: to set the property would have got check and copy all of it once more.
  Object.assign(options.retry, { limit: Number.MAX_SAFE_INTEGER, enforceRetryRules: false, calculateDelay });
}

/** got's own rules as configured, and where they end one more round, for the fallback. */
function askAfterOwnRetry(options: Options, operation: Operation): void {
  const { calculateDelay: own, enforceRetryRules } = options.retry;
  const calculateDelay: typeof own = async retry => {
    operation.failed(retry.error);
    if (operation.fellBack) return 0;
    const forbidden = enforceRetryRules && retry.computedValue === 0;
    return (forbidden ? 0 : await (own?.(retry) ?? retry.computedValue)) || operation.fallBack(retry.error);
  };
  Object.assign(options.retry, { enforceRetryRules: false, calculateDelay });
}

let warned = false;

function warnOnce(): void {
  if (warned) return;
  warned = true;
  report(
    "[@cutout/got] got's own retry option is overridden; use breakerHooks({ retry }), or retry: false to keep got's",
    '',
  );
}

/** A handler must not throw: got would throw at its caller instead of rejecting. */
function refuse<T extends GotReturn>(error: Error, options: Options, next: (options: Options) => T): T | Promise<T> {
  if (!options.isStream) return Promise.reject<T>(error);
  const stream = next(options);
  (stream as Request).destroy(error);
  return stream;
}

function operationOf(options: Options | undefined): Operation | undefined {
  return (options?.context as Context | undefined)?.[OPERATION];
}
