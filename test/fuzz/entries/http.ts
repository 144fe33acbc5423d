/** The options of an HTTP policy, and of its attachments. */

import type {
  AlertOptions,
  BackoffOptions,
  BulkheadStrategyOptions,
  HedgeOptions,
  HttpCallOptions,
  HttpHostOptions,
  HttpObserver,
  HttpPolicyOptions,
  HttpRules,
  HttpVerdict,
  LogOptions,
  RetryBudgetOptions,
  RetryOptions,
  TransitionLogger,
} from '@cutout/http';
import { type StaleOptions, staleIfError } from '@cutout/stale';
import { type EntriesOf, either, group, hook, integer, made, named, oneOf, seldom, value } from '../entry.ts';
import { ADAPTIVE_LIMIT, BREAKER, REGISTRY_ENTRY } from './core.ts';

const BACKOFF = {
  initialDelayMs: integer(1, 5),
  maxDelayMs: integer(6, 10),
  factor: integer(1, 3),
  jitter: oneOf(['full', 'equal', 'none']),
} satisfies EntriesOf<BackoffOptions>;

const BUDGET = {
  ratio: integer(0, 10),
  minRetriesPerSecond: integer(0, 10),
  ttlMs: integer(10, 1_000),
} satisfies EntriesOf<RetryBudgetOptions>;

const RETRY = {
  maxRetries: integer(0, 3),
  backoff: either(
    group(BACKOFF),
    hook(() => 1),
  ),
  methods: oneOf([['GET'], ['GET', 'POST'], []], ['\0']),
  maxRetryAfterMs: integer(0, 20),
  budget: either(oneOf([false]), group(BUDGET)),
  idempotencyKey: oneOf([true, false]),
  attemptHeader: oneOf(['x-attempt'], 'a b', 'x\r\ny: z', 'content-length'),
} satisfies EntriesOf<RetryOptions>;

const HEDGE = {
  delayMs: integer(1, 20),
  percentile: seldom(oneOf([0.5, 0.9])),
  minimumSamples: integer(0, 2),
  methods: oneOf([['GET'], ['GET', 'HEAD']], ['POST']),
} satisfies EntriesOf<HedgeOptions>;

const STALE = {
  maxStaleMs: integer(100, 10_000),
  maxEntries: integer(1, 5),
  maxBytes: integer(100, 10_000),
  maxEntryBytes: integer(10, 1_000),
  identity: oneOf([['x-own'], ['x-own', 'x-api-key'], []], ['a b'], ['x\r\ny'], 'x-own'),
} satisfies EntriesOf<StaleOptions>;

/** Beside the policy's own strategy only this one of its options may be another. A bad one is refused before any call. */
const SHARING = either(
  oneOf([false], true, {}),
  value(chance => staleIfError({ maxStaleMs: chance.integer(100, 10_000) })),
);

const CLASSIFIED = {
  health: oneOf(['success', 'failure', 'ignore']),
  answer: oneOf(['good', 'bad']),
  retry: oneOf([false]),
  notBeforeMs: integer(0, 20),
} satisfies EntriesOf<HttpVerdict>;

const RULES = {
  failureStatus: either(
    oneOf([['5xx', 429], [], ['400-599', '!501']], ['6xx'], ['599-500']),
    hook(status => status >= 500),
  ),
  retryStatus: either(
    oneOf([[503], [], ['5xx']], [-503]),
    hook(status => status === 503),
  ),
  classify: either(
    hook(() => undefined),
    hook(() => ({ health: 'ignore' })),
    returning(CLASSIFIED),
  ),
  retry: either(oneOf([false]), group(RETRY)),
  attemptTimeoutMs: integer(60, 100),
  totalTimeoutMs: integer(100, 200),
  hedge: either(oneOf([false]), group(HEDGE)),
  fallback: either(
    oneOf([false]),
    hook(() => undefined),
  ),
  stale: SHARING,
} satisfies EntriesOf<HttpRules>;

const BULKHEAD = {
  maxConcurrent: either(integer(1, 3), group(ADAPTIVE_LIMIT, ['type'])),
  maxQueue: integer(1, 3),
  queueTimeoutMs: integer(5, 50),
  bodyHoldMs: integer(10, 40),
} satisfies EntriesOf<BulkheadStrategyOptions>;

const { fallback: _none, ...OF_ANY } = RULES;

const HOST = {
  ...OF_ANY,
  bulkhead: either(oneOf([false]), group(BULKHEAD, ['maxConcurrent'])),
  strategies: oneOf([[]], [{ name: 'bulkhead' }], 'none'),
  breaker: group(BREAKER),
  bodyFailureWithinMs: integer(10, 1_000),
} satisfies EntriesOf<HttpHostOptions>;

export const POLICY = {
  ...RULES,
  bulkhead: either(oneOf([false]), group(BULKHEAD, ['maxConcurrent'])),
  strategies: oneOf([[]], [{ name: 'bulkhead' }], 'none'),
  name: oneOf(['fuzz', 'line\nbreak']),
  key: either(
    oneOf(['origin', 'host']),
    hook(() => 'own key'),
  ),
  breaker: group(BREAKER),
  hosts: named(['127.0.0.1', 'localhost', '*.example.com'], group(HOST)),
  stale: either(oneOf([false], true, {}), made(group(STALE), staleIfError)),
  bodyFailureWithinMs: integer(10, 1_000),
  registry: seldom(REGISTRY_ENTRY),
} satisfies EntriesOf<HttpPolicyOptions>;

export const CALL = {
  ...RULES,
  key: oneOf(['key of the call']),
} satisfies EntriesOf<Exclude<HttpCallOptions, false>>;

const OBSERVATION = { run: hook((send: () => unknown) => send()), end: hook(() => undefined) };

export const OBSERVER = {
  active: oneOf([true, false]),
  call: either(
    hook(() => undefined),
    returning({ end: hook(() => undefined) }),
  ),
  attempt: either(
    hook(() => undefined),
    returning(OBSERVATION),
  ),
  refused: hook(() => undefined),
} satisfies EntriesOf<HttpObserver>;

export const ALERT = {
  longerThanMs: integer(5, 20),
  repeat: integer(5, 20),
  isolated: oneOf([true, false]),
  onAlert: hook(() => undefined),
} satisfies EntriesOf<AlertOptions>;

export const LOGGER = {
  info: hook(() => undefined),
  warn: hook(() => undefined),
} satisfies EntriesOf<TransitionLogger>;

export const LOG = { order: oneOf(['facts-first', 'text-first']) } satisfies EntriesOf<LogOptions>;

/** A hook that returns an object with possibly faulty members. */
function returning(entries: Parameters<typeof group>[0]): ReturnType<typeof value> {
  const inside = group(entries, Object.keys(entries) as never[]);
  return {
    share: 0.3,
    draw: chance => {
      const returned = inside.draw(chance);
      return () => returned;
    },
    ways: inside.ways.map(({ name, apply }) => ({
      name: `returns ${name}`,
      apply: (_drawn, chance) => {
        const returned = apply(undefined, chance);
        return () => returned;
      },
    })),
  };
}
