/** The got door: options for `got.extend`. */

import type { ClientRequest, IncomingMessage } from 'node:http';
import { report } from '@cutout/core/internal';
import {
  asDoor,
  type HttpCallOptions,
  type HttpPolicy,
  type HttpPolicyOptions,
  isHttpPolicy,
  policyWithoutFallback,
  refuseStale,
} from '@cutout/http';
import type { ExtendOptions, GotReturn, HandlerFunction, Options, Request } from 'got';
import { Operation } from './operation.ts';
import { describe } from './request.ts';

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
 * @throws TypeError or RangeError for bad options.
 */
export function breakerHooks(options: HttpPolicyOptions | HttpPolicy = {}): BreakerHooks {
  const policy = policyWithoutFallback(options, 'got');
  refuseStale(policy, 'got');
  const ownRetry = !isHttpPolicy(options) && options.retry !== false;
  const hooks: Omit<BreakerHooks, 'policy'> = {
    handlers: [handlerOf(policy)],
    hooks: {
      beforeRequest: [plain => operationOf(plain as Options)?.begin(plain as Options)],
      beforeRedirect: [(plain, response) => operationOf(plain as Options)?.redirected(response.statusCode)],
      beforeRetry: [error => void operationOf(error.options as Options)?.failed(error)],
      afterResponse: [
        response => {
          operationOf(response.request.options)?.answered(response as unknown as IncomingMessage, false);
          return response;
        },
      ],
    },
    ...(ownRetry ? { retry: { limit: 0 } } : {}),
  };
  return asDoor(hooks, policy, 'breakerHooks');
}

function handlerOf(policy: HttpPolicy): HandlerFunction {
  return <T extends GotReturn>(options: Options, next: (options: Options) => T): T | Promise<T> => {
    const { cutout } = options.context as Context;
    const guardedAlready = operationOf(options)?.ended === false;
    const request = describe(options);
    if (cutout === false || guardedAlready || !policy.guards(request)) return next(options);
    let operation: Operation;
    try {
      operation = new Operation(policy.begin(request, cutout));
    } catch (error) {
      return refuse(error as Error, options, next);
    }
    (options.context as Context)[OPERATION] = operation;
    if (operation.retries) useOurRetry(options, operation);
    return follow(next(options), options, operation);
  };
}

/** Sees each request on the wire, and the end of the call, without standing between got and its caller. */
function follow<T extends GotReturn>(result: T, options: Options, operation: Operation): T {
  const stream = result as Request;
  stream.on('request', (wire: ClientRequest) => operation.onWire(wire));
  if (options.isStream) {
    stream.on('response', (response: IncomingMessage) => {
      const watch = operation.answered(response, true);
      stream.once('end', () => watch?.whole());
      stream.once('error', (error: Error) => watch?.broken(error));
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
  const calculateDelay = ({ error }: { error: Error }): number => operation.failed(error);
  // Into the request's own copy: to set the property would have got check and copy all of it once more.
  Object.assign(options.retry, { limit: Number.MAX_SAFE_INTEGER, enforceRetryRules: false, calculateDelay });
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
