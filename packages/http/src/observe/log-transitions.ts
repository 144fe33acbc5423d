/** Logs one line for each transition of a circuit, with the counts since the last; never a line for a call. */

import type { CircuitBreaker, Explanation, TransitionEvent } from '@cutout/core';
import { checkObject, checkOneOf, escaped, Harmless, show } from '@cutout/core/internal';
import type { HttpPolicy } from '../policy/policy.ts';
import { requirePolicy } from '../policy/require-policy.ts';
import type { KeyMetrics } from './metrics.ts';

export interface TransitionLogger {
  info(...line: unknown[]): unknown;
  warn(...line: unknown[]): unknown;
}

export interface LogOptions {
  /**
   * What a line is made of: `(facts, text)` as pino has it, `(text, facts)` as winston and the console have it.
   *
   * @default 'facts-first' for a logger with a `fatal`, as pino has; else 'text-first'
   */
  readonly order?: 'facts-first' | 'text-first';
}

/** The facts of one line. */
export interface TransitionFacts {
  /** The policy's name, where it has one. */
  readonly policy?: string;
  readonly circuit: string;
  readonly from: string;
  readonly to: string;
  readonly reason: string;
  /** Code, status or name of the failure that opened it. */
  readonly last?: string | number;
  /** Counts of the trip that opened it: calls, with the failed and slow ones among them; or failures in a row. */
  readonly calls?: number;
  readonly failed?: number;
  readonly slow?: number;
  readonly retryInMs?: number;
  /**
   * Calls refused, and retries made and not made, since the line before of this circuit; where it closes, since the outage
   * began, and in the first line of an outage 0.
   */
  readonly refused: number;
  readonly retries: number;
  readonly retriesRefused: number;
  /** Milliseconds for which these were counted. */
  readonly sinceMs?: number;
}

/** The facts of the line that sums up transitions without lines of their own. */
export interface MoreFacts {
  readonly policy?: string;
  /** Transitions that had no line. */
  readonly more: number;
  /** Those of them that opened or isolated a circuit. */
  readonly opened: number;
}

/** Lines in {@link WINDOW_MS}: of hosts that the policy's `hosts` names, and as many of all others. */
const MAX_LINES = 50;
const WINDOW_MS = 10_000;

/**
 * Logs transitions: opened and isolated ones as `warn`, the others as `info`. Refusals and retries are summed up in the next
 * line of their circuit. At most 50 lines are written in 10 seconds; one more says how many transitions had none. Hosts that
 * `hosts` names have as many for themselves. The calls themselves cost nothing more. Returns the function that ends it.
 *
 * @example
 * const stop = logTransitions(policy, pino());
 *
 * @throws TypeError or RangeError for what is no policy or no logger, and for bad options.
 */
export function logTransitions(policy: HttpPolicy, logger: TransitionLogger, options: LogOptions = {}): () => void {
  requirePolicy(policy);
  for (const level of ['info', 'warn'] as const) {
    if (typeof logger?.[level] !== 'function')
      throw new TypeError(`logger must have a ${level}(), got ${show(logger)}`);
  }
  const { order } = checkObject('', options, ['order']);
  const isPino = typeof (logger as { fatal?: unknown }).fatal === 'function';
  const chosen = checkOneOf('order', order, ['facts-first', 'text-first'], isPino ? 'facts-first' : 'text-first');
  const lines = new Lines(policy);
  const harmless = new Harmless('[@cutout/http] the logger failed');
  const write = (isWarning: boolean, facts: object, text: string): void => {
    const line = chosen === 'facts-first' ? [facts, text] : [text, facts];
    harmless.call(() => (isWarning ? logger.warn(...line) : logger.info(...line)));
  };
  const summarise: Summarise = more => write(more.opened > 0, { ...nameOf(policy), ...more }, moreText(more));
  const [named, others] = [new LineLimit(summarise), new LineLimit(summarise)];
  const stop = policy.subscribe(event => {
    if (event.type !== 'transition') return;
    const facts = lines.of(event);
    const isWarning = event.to === 'open' || event.to === 'isolated';
    const limit = policy.isNamed(event.key) ? named : others;
    if (limit.take(isWarning)) write(isWarning, facts, textOf(facts));
  }, 'transition');
  return () => {
    stop();
    named.end();
    others.end();
  };
}

type Summarise = (more: Omit<MoreFacts, 'policy'>) => void;

/** Counts lines by windows that begin with their first line. Its timer keeps no process alive. */
class LineLimit {
  readonly #summarise: Summarise;
  #written = 0;
  #more = 0;
  #opened = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(summarise: Summarise) {
    this.#summarise = summarise;
  }

  /** Whether there may be one more line. */
  take(isWarning: boolean): boolean {
    if (!this.#timer) {
      this.#timer = setTimeout(() => this.end(), WINDOW_MS);
      // It is a number elsewhere than in Node.
      (this.#timer as { unref?(): void }).unref?.();
    }
    this.#written += 1;
    if (this.#written <= MAX_LINES) return true;
    this.#more += 1;
    if (isWarning) this.#opened += 1;
    return false;
  }

  /** Ends the window, with a line for those that had none. */
  end(): void {
    const [more, opened] = [this.#more, this.#opened];
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#written = 0;
    this.#more = 0;
    this.#opened = 0;
    if (more > 0) this.#summarise({ more, opened });
  }
}

function nameOf({ name }: HttpPolicy): { policy?: string } {
  return name === undefined ? {} : { policy: escaped(name) };
}

function moreText({ more, opened }: Omit<MoreFacts, 'policy'>): string {
  return `${counted(more, 'more transition')} of circuits in ${seconds(WINDOW_MS)}, ${opened} of them to open or isolated`;
}

/** What had been counted of a circuit at one time. */
interface Counted {
  readonly at: number;
  readonly rejected: number;
  readonly retries: number;
  readonly retriesRefused: number;
}

/** Since a circuit was closed. */
interface Outage {
  readonly began: Counted;
  readonly lastLine: Counted;
}

class Lines {
  readonly #policy: HttpPolicy;
  /** Weak: a circuit that its registry has dropped must leave nothing here. */
  readonly #outages = new WeakMap<CircuitBreaker, Outage>();

  constructor(policy: HttpPolicy) {
    this.#policy = policy;
  }

  of({ key, from, to, reason, cause, at }: TransitionEvent): TransitionFacts {
    const last = cause?.code ?? cause?.status ?? cause?.name;
    return {
      ...nameOf(this.#policy),
      circuit: escaped(key),
      from,
      to,
      reason,
      ...(last === undefined ? {} : { last: typeof last === 'string' ? escaped(last) : last }),
      ...(to === 'open' ? openingOf(this.#policy.registry.explain(key), reason) : {}),
      ...this.#countedSince(key, from, to, at),
    };
  }

  #countedSince(key: string, from: string, to: string, at: number): Summary {
    const now = countedOf(this.#policy.metricsOf({ key }), at);
    const breaker = this.#policy.registry.peek(key);
    const outage = breaker && from !== 'closed' ? this.#outages.get(breaker) : undefined;
    if (breaker) this.#outages.set(breaker, { began: outage?.began ?? now, lastLine: now });
    if (!outage) return NOTHING;
    const since = to === 'closed' ? outage.began : outage.lastLine;
    return {
      refused: now.rejected - since.rejected,
      retries: now.retries - since.retries,
      retriesRefused: now.retriesRefused - since.retriesRefused,
      sinceMs: Math.round(at - since.at),
    };
  }
}

type Summary = Pick<TransitionFacts, 'refused' | 'retries' | 'retriesRefused' | 'sinceMs'>;

const NOTHING: Summary = { refused: 0, retries: 0, retriesRefused: 0 };

type Opening = Pick<TransitionFacts, 'calls' | 'failed' | 'slow' | 'retryInMs'>;

/** A failed probe reopens the circuit without any trip: the readings of the trips are stale then. */
function openingOf(explanation: Explanation | undefined, reason: string): Opening {
  if (!explanation) return {};
  const retryInMs = Math.round(explanation.remainingMs);
  const reading = explanation.trips.find(({ type }) => type === (reason === 'slow' ? 'rate' : reason));
  if (!reading || reading.type === 'custom') return { retryInMs };
  if (reading.type === 'consecutive') return { failed: reading.failures, retryInMs };
  const { calls, failed } = reading;
  if (reason === 'slow' && reading.type === 'rate') return { calls, slow: reading.slow, retryInMs };
  return { calls, failed, retryInMs };
}

function countedOf(metrics: KeyMetrics | undefined, at: number): Counted {
  const { rejected = 0, retries = 0, retriesRefused: byReason = {} } = metrics ?? {};
  const retriesRefused = Object.values(byReason).reduce((sum, count) => sum + count, 0);
  return { at, rejected, retries, retriesRefused };
}

function textOf(facts: TransitionFacts): string {
  const { circuit, from, to, reason, last, calls, failed, slow, retryInMs, refused, retries, retriesRefused, sinceMs } =
    facts;
  const total = calls === undefined ? '' : `/${calls}`;
  const span = sinceMs === undefined ? '' : ` in ${seconds(sinceMs)}`;
  const parts = [
    `circuit ${circuit} ${from} -> ${to} (${reason})`,
    failed !== undefined && `failed=${failed}${total}`,
    slow !== undefined && `slow=${slow}${total}`,
    last !== undefined && `last=${last}`,
    retryInMs !== undefined && `retry_in=${seconds(retryInMs)}`,
    refused > 0 && `refused ${counted(refused, 'call')}${span}`,
    retries > 0 && counted(retries, 'retry', 'retries'),
    retriesRefused > 0 && `${counted(retriesRefused, 'retry', 'retries')} refused`,
  ];
  return parts.filter(part => part !== false).join(' ');
}

function counted(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)}s`;
}
