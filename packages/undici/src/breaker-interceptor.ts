/** The undici adapter: an interceptor for `dispatcher.compose`. */

import { checkObject, report, show } from '@cutout/core/internal';
import type { Fallback, HttpCallOptions, HttpPolicy, HttpPolicyOptions, HttpRequest } from '@cutout/http';
import { type AdapterPolicy, adapterPolicy, asAdapter, enableNesting, isAborted } from '@cutout/http/adapter';
import type { Dispatcher } from 'undici';
import { checkAnswer, type DispatchAnswer } from './dispatch-answer.ts';
import { asError, asHandler, type Handler } from './handler.ts';
import { KeptResponses } from './kept-responses.ts';
import { isConsumer, isRetryHandler, OtherRetries, traceOf } from './other-retries.ts';
import {
  type Bound,
  type Dispatch,
  type DispatchOptions,
  describe,
  hasBody,
  isGuarded,
  isPlain,
  isTunnel,
  markGuarded,
  withOwnHeaders,
} from './request.ts';
import { UndiciDriver } from './undici-driver.ts';
import { WatchedBody } from './watched-body.ts';

/** Options of this adapter rather than of the policy. */
export interface UndiciAdapterOptions {
  /**
   * The origin of a Client or Pool of undici 7, or of a BalancedPool, whose interceptors do not see it. Without it their
   * requests go unguarded, with one warning.
   */
  readonly origin?: string | URL;
  /**
   * The unix socket that the dispatcher dials, which its interceptors do not see: it names the circuit then. Give each
   * dispatcher its own.
   */
  readonly socketPath?: string;
  /** Takes precedence over the fallback of a shared policy; `false` disables it. */
  readonly fallback?: false | Fallback<DispatchAnswer>;
}

export type UndiciOptions = HttpPolicyOptions<DispatchAnswer>;

/** Goes into `dispatcher.compose(...)`. */
export interface BreakerInterceptor {
  (dispatch: Dispatcher['dispatch'], boundOrigin?: unknown): Dispatcher['dispatch'];
  /** The policy of the adapter: pass it to another adapter to share its circuits. */
  readonly policy: HttpPolicy;
}

/** One dispatcher under the breaker. */
interface Guarded {
  readonly policy: HttpPolicy;
  readonly adapter: AdapterPolicy['adapter'];
  readonly dispatch: Dispatch;
  readonly bound: Bound;
  readonly others: OtherRetries;
}

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
  own: UndiciAdapterOptions = {},
): BreakerInterceptor {
  const {
    origin: besides,
    socketPath: socket,
    ...rest
  } = checkObject('', own, ['origin', 'socketPath', 'fallback']) as UndiciAdapterOptions;
  const { policy, adapter } = adapterPolicy(options as HttpPolicyOptions | HttpPolicy, rest, checkAnswer);
  const ownOrigin = checkOrigin(besides);
  const socketPath = checkSocketPath(socket);
  // Other adapters may send through this one: fetch, axios over fetch, another interceptor.
  enableNesting();
  const interceptor = (dispatch: Dispatcher['dispatch'], boundOrigin?: unknown): Dispatcher['dispatch'] => {
    const origin = boundOrigin === null || boundOrigin === undefined ? ownOrigin : String(boundOrigin);
    // Each dispatcher has kept answers of its own: its proxy, or a socket that no option names, is not visible here.
    const bound = { origin, socketPath, via: { dispatch } };
    const inner = dispatch as unknown as Dispatch;
    const guarded: Guarded = { policy, adapter, dispatch: inner, bound, others: new OtherRetries(inner) };
    // compose refuses a dispatch function of any other length than two.
    const own: Dispatch = (opts, handler) => guard(guarded, opts, handler);
    return own as unknown as Dispatcher['dispatch'];
  };
  return asAdapter(interceptor, policy, 'breakerInterceptor');
}

function guard(guarded: Guarded, given: DispatchOptions, handler: unknown): boolean {
  const { policy, dispatch, bound } = guarded;
  // undici refuses a mistake of the caller with its own error.
  if (typeof given !== 'object' || given === null) return dispatch(given, handler);
  const known = asHandler(handler, isTunnel(given));
  if (!known) return dispatch(given, handler);
  const options = policy.keepsAnswers(given.cutout) ? withOwnHeaders(given) : given;
  if (!options.origin && !bound.origin) warnOnce();
  const body = hasBody(options) ? new WatchedBody(options.body) : undefined;
  const request = describe(options, bound, body);
  const { cutout } = options;
  if (cutout === false) return dispatch(markGuarded(options), handler);
  // A call that is aborted already takes no permit; undici says so itself.
  const bypasses = isGuarded(options) || isAborted(request.signal) || !policy.guards(request);
  if (bypasses) return dispatch(options, handler);
  try {
    return driverOf(guarded, options, request, body, handler as object, known).start();
  } catch (error) {
    return failLater(known, error);
  }
}

/** Thrown inside dispatch, it would leave a request body behind that is never destroyed. */
function failLater(handler: Handler, error: unknown): true {
  queueMicrotask(() => handler.onResponseError?.(null, asError(error)));
  return true;
}

function driverOf(
  { policy, adapter, dispatch, others }: Guarded,
  options: DispatchOptions,
  request: HttpRequest,
  body: WatchedBody | undefined,
  given: object,
  handler: Handler,
): UndiciDriver {
  const { cutout } = options as { cutout?: Exclude<HttpCallOptions, false> };
  const isFirst = isConsumer(given);
  const own = !isFirst && isRetryHandler(given) ? { ...cutout, retry: false as const } : cutout;
  // A tunnel, or another protocol, is no response that could be made up, or requested twice.
  const call = policy.begin(request, isTunnel(options) ? { ...own, fallback: false, hedge: false } : own, adapter);
  const trace = isFirst || !call.target.settings.retry ? undefined : traceOf();
  const answers = isPlain(options) ? policy.answers(call) : undefined;
  const dispatched = { dispatch, options: markGuarded(options), body, handler, others, trace };
  return new UndiciDriver(call, dispatched, answers && new KeptResponses(answers));
}

function checkOrigin(origin: UndiciAdapterOptions['origin']): string | undefined {
  if (origin === undefined) return undefined;
  const url = URL.parse(String(origin));
  if (/^https?:$/.test(url?.protocol ?? '')) return url?.origin;
  throw new TypeError(`origin must be an absolute HTTP URL, got ${show(origin)}`);
}

function checkSocketPath(path: unknown): string | undefined {
  if (path === undefined || (typeof path === 'string' && path !== '')) return path;
  throw new TypeError(`socketPath must be a non-empty string, got ${show(path)}`);
}

let warned = false;

function warnOnce(): void {
  if (warned) return;
  warned = true;
  report(
    '[@cutout/undici] a dispatcher does not show its origin and goes unguarded; use breakerInterceptor(options, { origin })',
    '',
  );
}
