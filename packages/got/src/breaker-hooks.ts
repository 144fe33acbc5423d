/** The got adapter: options for `got.extend`. */

import { checkObject, report } from '@cutout/core/internal';
import type { Fallback, HttpCallOptions, HttpPolicy, HttpPolicyOptions } from '@cutout/http';
import {
  type AdapterPolicy,
  adapterPolicy,
  asAdapter,
  type CallMachine,
  refuseUnsupported,
} from '@cutout/http/adapter';
import type { ExtendOptions, GotReturn, HandlerFunction, Options, Request } from 'got';
import { callOf, installHooks } from './call-hooks.ts';
import { follow } from './follow.ts';
import { checkAnswer, type GotAnswer } from './got-answer.ts';
import { GotDriver } from './got-driver.ts';
import { FirstRequest, GotStale } from './got-stale.ts';
import { GotRequest } from './request.ts';

export type GotOptions = HttpPolicyOptions<GotAnswer>;

/** What belongs to this adapter rather than to the policy. */
export interface GotAdapterOptions {
  /** Stands before the fallback of a policy that is shared; `false`: none. */
  readonly fallback?: false | Fallback<GotAnswer>;
}

/** Goes into `got.extend(...)`. */
export interface BreakerHooks extends Pick<ExtendOptions, 'handlers' | 'hooks' | 'retry'> {
  /** The policy behind the adapter: pass it to another adapter to share its circuits. */
  readonly policy: HttpPolicy;
}

/** Where it is found nothing was set since: a later 0 is the application's own. */
const GOT_DEFAULT_LIMIT = 2;

interface Context extends Record<PropertyKey, unknown> {
  cutout?: HttpCallOptions;
}

/** For a call whose own `retry.limit` is 0. */
const NO_RETRY: Exclude<HttpCallOptions, false> = Object.freeze({ retry: false });

/**
 * Puts a circuit breaker before every request of a got client. Every attempt, and every hop of a redirect, is seen.
 * got makes the further attempts itself, when and as long as our policy says so; with `retry: false` got's own retry
 * stays as you configured it.
 *
 * @example
 * const client = got.extend(breakerHooks({ retry: { maxRetries: 3 } }));
 *
 * @param options The policy's options, or a policy to share.
 * @param own This adapter's own options, where a policy is shared.
 * @throws TypeError or RangeError for bad options.
 */
export function breakerHooks(options: GotOptions | HttpPolicy = {}, own: GotAdapterOptions = {}): BreakerHooks {
  checkObject('', own, ['fallback']);
  const guard = adapterPolicy(options as HttpPolicyOptions | HttpPolicy, own, checkAnswer);
  refuseUnsupported(guard.policy.strategies, 'got', []);
  const ownRetry = guard.policy.mayRetry;
  const hooks: Omit<BreakerHooks, 'policy'> = {
    handlers: [handlerOf(guard, ownRetry)],
    ...(ownRetry ? { retry: { limit: GOT_DEFAULT_LIMIT } } : {}),
  };
  return asAdapter(hooks, guard.policy, 'breakerHooks');
}

function handlerOf(guard: AdapterPolicy, ownRetry: boolean): HandlerFunction {
  return <T extends GotReturn>(options: Options | undefined, next: (options: Options) => T): T | Promise<T> => {
    // Arguments that got refuses have no options. got reports them in its own way.
    if (!options) return next(options as never);
    if (callOf(options)?.ended === false) return next(options);
    let driver: GotDriver | undefined;
    try {
      driver = begin(guard, options);
    } catch (error) {
      return refuse(error as Error, options, next);
    }
    // Without retries of ours, those of got stay off too unless the application has switched them on.
    const isUntouched = ownRetry && options.retry.limit === GOT_DEFAULT_LIMIT;
    if (isUntouched && !driver?.retries) Object.assign(options.retry, { limit: 0 });
    return driver ? follow(sent(options, next, driver), options, driver, again) : next(options);
  };

  /** A stream that the application makes for a retry, after its call has ended. */
  function again(stream: Request): void {
    const driver = begin(guard, stream.options);
    if (driver) follow(stream, stream.options, driver, again);
  }
}

/** Undefined for a call that is not guarded. */
function begin({ policy, adapter }: AdapterPolicy, options: Options): GotDriver | undefined {
  const { cutout } = options.context as Context;
  const request = new GotRequest(options);
  if (cutout === false || !policy.guards(request)) return undefined;
  refuseUnsupported([cutout?.hedge], 'got', []);
  const rules = rulesOf(cutout, options);
  const call = policy.begin(request, rules, adapter);
  const stale = policy.keepsAnswers(cutout) ? staleOf(policy, call, options) : undefined;
  if (stale) call.replacements.keep(stale);
  const driver = new GotDriver(call, () => policy.begin(request, rules, adapter), stale, options);
  installHooks(options, driver);
  if (driver.retries) useOurRetry(options, driver);
  else seeOwnRetry(options, driver);
  return driver;
}

function rulesOf(cutout: Context['cutout'], { retry }: Options): Exclude<HttpCallOptions, false> | undefined {
  if (retry.limit !== 0 || !cutout) return retry.limit === 0 ? NO_RETRY : cutout || undefined;
  return cutout.retry === undefined ? { ...cutout, retry: false } : cutout;
}

function staleOf(policy: HttpPolicy, call: CallMachine, options: Options): GotStale | undefined {
  const first = new FirstRequest(options);
  const answers = policy.answers(call, first);
  return answers && new GotStale(first, answers);
}

function useOurRetry(options: Options, driver: GotDriver): void {
  const { limit } = options.retry;
  if (limit !== GOT_DEFAULT_LIMIT && limit !== 0 && limit !== Number.MAX_SAFE_INTEGER) warnOnce();
  const calculateDelay = ({ error }: { error: Error }): number | Promise<number> => driver.delayAfter(error);
  // Into the request's own copy: to set the property would have got check and copy all of it once more.
  Object.assign(options.retry, { limit: Number.MAX_SAFE_INTEGER, enforceRetryRules: false, calculateDelay });
}

/** got's own rules as configured, and where they end one more round, for the fallback. */
function seeOwnRetry(options: Options, driver: GotDriver): void {
  const { calculateDelay: own, enforceRetryRules } = options.retry;
  const calculateDelay: typeof own = retry =>
    driver.ownDelayAfter(retry.error, () => {
      const isForbidden = enforceRetryRules && retry.computedValue === 0;
      return isForbidden ? 0 : (own?.(retry) ?? retry.computedValue);
    });
  Object.assign(options.retry, { enforceRetryRules: false, calculateDelay });
}

/** A later handler of the application may throw, so that the call never begins. */
function sent<T extends GotReturn>(options: Options, next: (options: Options) => T, driver: GotDriver): T {
  try {
    return next(options);
  } catch (error) {
    driver.end();
    driver.unlink();
    throw error;
  }
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
