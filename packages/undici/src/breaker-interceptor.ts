/** The undici door: an interceptor for `dispatcher.compose`. */

import { checkObject, report, show } from '@cutout/core/internal';
import {
  asDoor,
  type DoorPolicy,
  doorPolicy,
  type Fallback,
  type HttpPolicy,
  type HttpPolicyOptions,
  seeOtherDoors,
  viaOf,
} from '@cutout/http';
import type { Dispatcher } from 'undici';
import { checkAnswer, type DispatchAnswer } from './dispatch-answer.ts';
import { Exchange } from './exchange.ts';
import { asHandler, type Handler, type LegacyHandler } from './handler.ts';
import {
  type DispatchOptions,
  describe,
  isGuarded,
  isPlain,
  isTunnel,
  markGuarded,
  releaseBody,
  withHeaders,
  withOwnHeaders,
} from './request.ts';
import { StaleExchange } from './stale-exchange.ts';

/** What belongs to this door rather than to the policy. */
export interface UndiciDoorOptions {
  /**
   * The origin of a Client or Pool of undici 7, or of a BalancedPool, which does not tell it to its interceptors. Without
   * it their requests go unguarded, with one warning.
   */
  readonly origin?: string | URL;
  /** Stands before the fallback of a policy that is shared; `false`: none. */
  readonly fallback?: false | Fallback<DispatchAnswer>;
}

export type UndiciOptions = HttpPolicyOptions<DispatchAnswer>;

/** Goes into `dispatcher.compose(...)`. */
export interface BreakerInterceptor {
  (dispatch: Dispatcher['dispatch'], boundOrigin?: unknown): Dispatcher['dispatch'];
  /** The policy behind the door: pass it to another door to share its circuits. */
  readonly policy: HttpPolicy;
}

type Dispatch = (options: DispatchOptions, handler: Handler | LegacyHandler) => boolean;

/**
 * Puts a circuit breaker before every request of a dispatcher: fetch, request, stream, pipeline, connect and upgrade.
 *
 * @example
 * setGlobalDispatcher(new Agent().compose(breakerInterceptor({ attemptTimeoutMs: 5_000 })));
 *
 * @throws TypeError or RangeError for bad options.
 */
export function breakerInterceptor(
  options: UndiciOptions | HttpPolicy = {},
  own: UndiciDoorOptions = {},
): BreakerInterceptor {
  const { origin: besides, ...rest } = checkObject('', own, ['origin', 'fallback']) as UndiciDoorOptions;
  const door = doorPolicy(options as HttpPolicyOptions | HttpPolicy, rest, checkAnswer);
  const ownOrigin = checkOrigin(besides);
  // This door stands under others: fetch, axios' fetch adapter, another of its own kind.
  seeOtherDoors();
  const interceptor = (dispatch: Dispatcher['dispatch'], boundOrigin?: unknown): Dispatcher['dispatch'] => {
    const inner = dispatch as unknown as Dispatch;
    const origin = boundOrigin === null || boundOrigin === undefined ? ownOrigin : String(boundOrigin);
    // Each dispatcher has stale answers of its own: its unix socket or its proxy is not to be seen from here.
    const bound = { origin, via: viaOf({ dispatch }) };
    // compose refuses a dispatch function of any other length than two.
    const guarded: Dispatch = (opts, handler) => guard(door, inner, opts, handler, bound);
    return guarded as unknown as Dispatcher['dispatch'];
  };
  return asDoor(interceptor, door.policy, 'breakerInterceptor');
}

function guard(
  { policy, door }: DoorPolicy,
  dispatch: Dispatch,
  given: DispatchOptions,
  handler: Handler | LegacyHandler,
  bound: { readonly origin: string | undefined; readonly via: string | undefined },
): boolean {
  const options = policy.keepsStale ? withOwnHeaders(given) : given;
  if (!options.origin && !bound.origin) warnOnce();
  const request = describe(options, bound.origin, bound.via);
  const { cutout } = options;
  if (cutout === false) return dispatch(markGuarded(options), handler);
  // A call that is aborted already takes no permit; undici says so itself.
  const passesBy = isGuarded(options) || request.signal?.aborted || !policy.guards(request);
  if (passesBy) return dispatch(options, handler);
  const told = asHandler(handler);
  const marked = markGuarded(options);
  try {
    const own = isRetryHandler(handler) ? { ...cutout, retry: false as const } : cutout;
    // A tunnel, or another protocol, is no response that one could make up, or ask for twice.
    const call = policy.begin(request, isTunnel(options) ? { ...own, fallback: false, hedge: false } : own, door);
    const send = (each: Handler): boolean => dispatch(withHeaders(marked, call.headers), each);
    const steps = isPlain(options) ? policy.stale(call) : undefined;
    const stale = steps && new StaleExchange(steps);
    return new Exchange(call, { send, release: () => releaseBody(options.body) }, told, stale).next();
  } catch (error) {
    // Thrown inside dispatch, it would leave a request body behind that nobody destroys.
    queueMicrotask(() => told.onResponseError?.(null, error as Error));
    return true;
  }
}

/** Of undici's own retry interceptor, composed outside: it makes the attempts then, and ours would multiply them. */
function isRetryHandler(handler: object): boolean {
  return 'retryOpts' in handler && 'retryCount' in handler;
}

function checkOrigin(origin: UndiciDoorOptions['origin']): string | undefined {
  if (origin === undefined) return undefined;
  const url = URL.parse(String(origin));
  if (/^https?:$/.test(url?.protocol ?? '')) return url?.origin;
  throw new TypeError(`origin must be an absolute HTTP URL, got ${show(origin)}`);
}

let warned = false;

function warnOnce(): void {
  if (warned) return;
  warned = true;
  report(
    '[@cutout/undici] a dispatcher does not tell its origin and goes unguarded; use breakerInterceptor(options, { origin })',
    '',
  );
}
