/** The policy's options: their meaning, their defaults, their check, and how a call overrides them. */

import { BREAKER_DEFAULTS, type BreakerOptions, type BreakerRegistry, THROTTLE_DEFAULTS } from '@cutout/core';
import {
  at,
  BREAKER_ALIASES,
  BULKHEAD_ALIASES,
  checkBreakerOptions,
  checkFunction,
  checkNumber,
  checkObject,
  given,
  POSITIVE_MS,
  show,
  under,
} from '@cutout/core/internal';
import type { BulkheadStrategy } from '../bulkhead/bulkhead.ts';
import { checkFallback, type Fallback } from '../fallback/fallback.ts';
import type { HedgeStrategy } from '../hedge/hedge.ts';
import type { HttpOutcome } from '../outcome/outcome.ts';
import type { HttpRequest } from '../outcome/request.ts';
import { compileStatusSpec, type StatusSpec, type StatusTest } from '../outcome/status-spec.ts';
import type { HttpVerdict } from '../outcome/verdict.ts';
import { BUDGET_DEFAULTS, type RetryBudgetOptions } from '../retry/retry-budget.ts';
import { checkRetry, type ResolvedRetry, type RetryOptions } from '../retry/retry-options.ts';
import {
  checkNamed,
  checkStale,
  checkStrategies,
  type ResolvedStrategies,
  resolveStrategies,
} from '../strategy/check-strategy.ts';
import type { Strategy } from '../strategy/strategy.ts';
import type { KeyOption } from './key.ts';
import { mergeBreaker, mergeRetry } from './merge-options.ts';

/** What a call may override. */
export interface HttpRules<R = unknown> {
  /** Responses that count as failures. @default ['5xx', 408, 429] */
  readonly failureStatus?: StatusSpec;
  /** Responses that are worth another try. @default [408, 425, 429, 500, 502, 503, 504, 529] */
  readonly retryStatus?: StatusSpec;
  /** The last word on each attempt; what it leaves out stays as it was. What it throws, the caller gets. */
  readonly classify?: (outcome: HttpOutcome, request: HttpRequest) => Partial<HttpVerdict> | undefined;
  /** Further tries; `false`: none. */
  readonly retry?: false | RetryOptions;
  /** Milliseconds for one attempt, up to its headers where the body is handed out. Positive. @default Infinity */
  readonly attemptTimeoutMs?: number;
  /** Milliseconds for all attempts and all waiting, to the same extent. Positive. @default Infinity */
  readonly totalTimeoutMs?: number;
  /** What `hedge()` returns: a second request where the first is slow to answer. `false`: none. @default false */
  readonly hedge?: false | HedgeStrategy;
  /**
   * Answers instead of a refusal or a failure, after the last attempt; `false`: nothing does. Under a finite
   * `totalTimeoutMs` it has what is left of that, and at least one second; then the call ends with an `HttpTimeoutError`.
   */
  readonly fallback?: false | Fallback<R>;
  /**
   * Serves the last good answer to a GET or HEAD while the circuit refuses, and where the call fails: what
   * `staleIfError()` of `@cutout/stale` returns. All hosts and calls of a policy share one store, made by the first;
   * `false`: neither keeps an answer nor serves one. @default off
   */
  readonly stale?: false | Strategy;
}

export interface HttpPolicyOptions<R = unknown> extends HttpRules<R> {
  /** Names the policy in telemetry. */
  readonly name?: string;
  /** What calls share a breaker: scheme, host and port; host and port; or a function of the request. @default 'origin' */
  readonly key?: KeyOption;
  /** The options of every breaker. Not with `registry`. */
  readonly breaker?: BreakerOptions;
  /**
   * Other rules for some hosts, by key, host, `host:port` or `*.a.com` (any depth, not a.com itself); the most specific
   * one applies. Groups are merged field by field. With a `key` function, names are its keys.
   */
  readonly hosts?: Readonly<Record<string, HttpHostOptions>>;
  /** What `bulkhead()` returns: so many attempts at a time. `false`: no limit. @default false */
  readonly bulkhead?: false | BulkheadStrategy;
  /** Further strategies, of the user's own. They admit an attempt before the bulkhead does, in this order. @default [] */
  readonly strategies?: readonly Strategy[];
  /** Milliseconds after good headers within which a breaking body counts as a failure. Positive. @default 30_000 */
  readonly bodyFailureWithinMs?: number;
  /** The breakers, if they are to be shared with others. */
  readonly registry?: BreakerRegistry;
}

/** Rules for one host, over the policy's. */
export type HttpHostOptions = Omit<HttpPolicyOptions, 'name' | 'key' | 'hosts' | 'registry' | 'fallback'>;

/** Overrides for one call; `false` passes by the policy altogether. `key` replaces the request's own. */
export type HttpCallOptions<R = unknown> = false | (HttpRules<R> & { readonly key?: string });

/** Checked rules, complete. */
export interface Settings extends ResolvedStrategies {
  readonly isFailureStatus: StatusTest;
  readonly isRetryStatus: StatusTest;
  /** Whether one of the two is a function of the user's, which may throw. */
  readonly hasOwnStatusTest: boolean;
  readonly classify: HttpRules['classify'];
  readonly retry: ResolvedRetry | undefined;
  readonly attemptTimeoutMs: number;
  readonly totalTimeoutMs: number;
  readonly bodyFailureWithinMs: number;
  readonly fallback: Fallback | undefined;
  /** What hedges are charged to: the budget of the host, whatever a call says of its own retries. */
  readonly hedgeBudget: Required<RetryBudgetOptions>;
}

/** Every default in one place; the documentation is checked against it. */
export const HTTP_DEFAULTS: HttpDefaults = {
  failureStatus: ['5xx', 408, 429],
  // 529: several vendors' own for an overload of the moment.
  retryStatus: [408, 425, 429, 500, 502, 503, 504, 529],
  attemptTimeoutMs: Number.POSITIVE_INFINITY,
  totalTimeoutMs: Number.POSITIVE_INFINITY,
  bodyFailureWithinMs: 30_000,
};

interface HttpDefaults {
  readonly failureStatus: StatusSpec;
  readonly retryStatus: StatusSpec;
  readonly attemptTimeoutMs: number;
  readonly totalTimeoutMs: number;
  readonly bodyFailureWithinMs: number;
}

const RULE_KEYS = [
  'failureStatus',
  'retryStatus',
  'classify',
  'retry',
  'attemptTimeoutMs',
  'totalTimeoutMs',
  'hedge',
  'fallback',
  'stale',
];
const POLICY_KEYS = [
  ...RULE_KEYS,
  'name',
  'key',
  'breaker',
  'hosts',
  'bodyFailureWithinMs',
  'registry',
  'bulkhead',
  'strategies',
];
const HOST_KEYS = [
  ...RULE_KEYS.filter(key => key !== 'fallback'),
  'breaker',
  'bodyFailureWithinMs',
  'bulkhead',
  'strategies',
];
const CALL_KEYS = [...RULE_KEYS, 'key'];

/** What is written elsewhere, or in another place here, for what a call may override. */
const RULE_ALIASES = {
  retries: 'retry',
  ...under('retry', {
    limit: 'maxRetries',
    maxRetries: 'maxRetries',
    maxAttempts: 'maxRetries',
    attempts: 'maxRetries',
    backoff: 'backoff',
    retryDelay: 'backoff',
    budget: 'budget',
    methods: 'methods',
  }),
  timeout: 'attemptTimeoutMs',
  statusCodes: 'retryStatus',
  staleIfError: "write stale: staleIfError(), imported from '@cutout/stale'",
};

/** Options of `bulkhead()`, and what they are called elsewhere. */
const BULKHEAD_WORDS = {
  ...BULKHEAD_ALIASES,
  ...Object.fromEntries(['maxConcurrent', 'maxQueue', 'queueTimeoutMs', 'bodyHoldMs'].map(key => [key, key])),
};

/** And for what a policy or a host has beside. */
const ALIASES = {
  ...under('breaker', BREAKER_ALIASES),
  ...Object.fromEntries(
    ['failures', 'forgetAfterMs', 'trip', 'openDurationMs', 'halfOpen', 'recovery', 'throttle', 'mode'].map(key => [
      key,
      `breaker.${key}`,
    ]),
  ),
  ...under('bulkhead', BULKHEAD_WORDS),
  ...RULE_ALIASES,
};

/**
 * Checks a policy's options as a whole.
 *
 * @throws TypeError for a wrong shape or an unknown key, RangeError for a wrong value; both name the path and the value.
 */
export function checkPolicyOptions(options: HttpPolicyOptions, path = ''): Settings {
  const own = checkObject(path, options, POLICY_KEYS, ALIASES);
  const { name, key = 'origin', hosts, registry, breaker } = options;
  if (name !== undefined && typeof name !== 'string') throw new TypeError(`name must be a string, got ${show(name)}`);
  if (key !== 'origin' && key !== 'host' && typeof key !== 'function') {
    throw new TypeError(`key must be 'origin', 'host' or a function, got ${show(key)}`);
  }
  if (hosts !== undefined) checkObject('hosts', hosts);
  if (registry !== undefined && typeof registry?.get !== 'function') {
    throw new TypeError(`registry must be a BreakerRegistry, got ${show(registry)}`);
  }
  refuseBreakerWithRegistry(at(path, 'breaker'), breaker, registry);
  const settings = checkRules(own, path);
  if (breaker !== undefined) checkBreakerOptions(breaker, at(path, 'breaker'));
  return settings;
}

/** Checks what stands for one host, before it is laid over the policy's options. */
export function checkHostOptions(host: HttpHostOptions, { registry }: HttpPolicyOptions, path: string): void {
  checkRules(checkObject(path, host, HOST_KEYS, ALIASES), path);
  refuseBreakerWithRegistry(at(path, 'breaker'), host.breaker, registry);
  if (host.breaker !== undefined) checkBreakerOptions(host.breaker, at(path, 'breaker'));
}

function refuseBreakerWithRegistry(path: string, breaker: unknown, registry: unknown): void {
  if (!registry || breaker === undefined) return;
  throw new TypeError(`${path} must not be given with registry: the registry makes the breakers`);
}

/** A host's options over the policy's, each group field by field. */
export function withHostOptions(policy: HttpPolicyOptions, host: HttpHostOptions): HttpPolicyOptions {
  const { hosts, ...common } = policy;
  const retry = mergeRetry(policy.retry, host.retry);
  const breaker = mergeBreaker(policy.breaker, host.breaker);
  return {
    ...common,
    ...given(host),
    retry,
    ...(breaker ? { breaker } : {}),
  };
}

/** Checks what one call overrides, and lays it over the policy's own rules, each group field by field. */
export function overrideRules(policy: HttpPolicyOptions, call: Exclude<HttpCallOptions, false>): Settings {
  checkObject('cutout', call, CALL_KEYS, RULE_ALIASES);
  const { key, ...rules } = call;
  if (key !== undefined && (typeof key !== 'string' || key === '')) {
    throw new TypeError(`cutout.key must be a non-empty string, got ${show(key)}`);
  }
  checkRules(rules as Record<string, unknown>, 'cutout');
  const { budget = false } = rules.retry || {};
  if (budget !== false)
    throw new TypeError(`cutout.retry.budget must be false: the policy has one, got ${show(budget)}`);
  const retry = mergeRetry(policy.retry, rules.retry);
  const settings = checkRules({ ...policy, ...given(rules), retry }, 'cutout');
  checkProbeTime(settings.attemptTimeoutMs, policy);
  return { ...settings, hedgeBudget: checkRetry('retry', policy.retry)?.budget ?? BUDGET_DEFAULTS };
}

/** A probe must not be given up while the attempt behind it still has its time. */
export function breakerOptionsOf(
  { breaker = {}, attemptTimeoutMs = Number.POSITIVE_INFINITY }: HttpPolicyOptions,
  path = '',
): BreakerOptions {
  const probeTimeoutMs = breaker.halfOpen?.probeTimeoutMs;
  if (!Number.isFinite(attemptTimeoutMs)) return breaker;
  checkThrottleWindow(breaker, attemptTimeoutMs, path);
  if (probeTimeoutMs === undefined) {
    return {
      ...breaker,
      halfOpen: {
        ...breaker.halfOpen,
        probeTimeoutMs: Math.max(BREAKER_DEFAULTS.halfOpen.probeTimeoutMs, attemptTimeoutMs),
      },
    };
  }
  if (probeTimeoutMs < attemptTimeoutMs) {
    throw new RangeError(
      `${at(path, 'breaker.halfOpen.probeTimeoutMs')} must be at least attemptTimeoutMs (${attemptTimeoutMs}), got ${probeTimeoutMs}`,
    );
  }
  return breaker;
}

/** A throttle that forgets its calls before they are answered would take each for one that was not answered well. */
function checkThrottleWindow({ throttle }: BreakerOptions, attemptTimeoutMs: number, path: string): void {
  if (!throttle) return;
  const { windowMs = THROTTLE_DEFAULTS.windowMs } = throttle;
  if (windowMs > attemptTimeoutMs) return;
  const option = at(path, 'breaker.throttle.windowMs');
  throw new RangeError(`${option} must be longer than attemptTimeoutMs (${attemptTimeoutMs}), got ${windowMs}`);
}

/** A call's attempt must not outlive the lease that a probe has by the policy. */
function checkProbeTime(attemptTimeoutMs: number, policy: HttpPolicyOptions): void {
  if (policy.registry || !Number.isFinite(attemptTimeoutMs)) return;
  const probeTimeoutMs = breakerOptionsOf(policy).halfOpen?.probeTimeoutMs ?? BREAKER_DEFAULTS.halfOpen.probeTimeoutMs;
  if (attemptTimeoutMs > probeTimeoutMs) {
    throw new RangeError(
      `cutout.attemptTimeoutMs must be at most breaker.halfOpen.probeTimeoutMs (${probeTimeoutMs}), got ${attemptTimeoutMs}`,
    );
  }
}

function checkRules(rules: Readonly<Record<string, unknown>>, path = ''): Settings {
  const { failureStatus, retryStatus, attemptTimeoutMs, totalTimeoutMs, bodyFailureWithinMs } = HTTP_DEFAULTS;
  const msAt = (key: string, fallback: number): number => checkNumber(at(path, key), rules[key], POSITIVE_MS, fallback);
  const retry = checkRetry(at(path, 'retry'), rules['retry']);
  const named = [
    checkNamed(at(path, 'bulkhead'), rules['bulkhead'], 'bulkhead'),
    checkNamed(at(path, 'hedge'), rules['hedge'], 'hedge'),
    checkStale(at(path, 'stale'), rules['stale']),
  ];
  return {
    ...resolveStrategies(checkStrategies(at(path, 'strategies'), rules['strategies']), named),
    isFailureStatus: compileStatusSpec(at(path, 'failureStatus'), rules['failureStatus'] ?? failureStatus),
    isRetryStatus: compileStatusSpec(at(path, 'retryStatus'), rules['retryStatus'] ?? retryStatus),
    hasOwnStatusTest: typeof rules['failureStatus'] === 'function' || typeof rules['retryStatus'] === 'function',
    classify: checkFunction(at(path, 'classify'), rules['classify'] as HttpRules['classify']),
    retry,
    attemptTimeoutMs: msAt('attemptTimeoutMs', attemptTimeoutMs),
    totalTimeoutMs: msAt('totalTimeoutMs', totalTimeoutMs),
    bodyFailureWithinMs: msAt('bodyFailureWithinMs', bodyFailureWithinMs),
    fallback: checkFallback(at(path, 'fallback'), rules['fallback']),
    hedgeBudget: retry?.budget ?? BUDGET_DEFAULTS,
  };
}
