/** One line for each transition of a circuit, with what happened meanwhile; never a line for a call. */

import type { TransitionEvent } from '@cutout/core';
import { checkObject, checkOneOf, show } from '@cutout/core/internal';
import type { KeyMetrics } from './metrics.ts';
import type { HttpPolicy } from './policy.ts';

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
  readonly circuit: string;
  readonly from: string;
  readonly to: string;
  readonly reason: string;
  /** Code, status or name of the failure that opened it. */
  readonly last?: string | number;
  readonly retryInMs?: number;
  /** Calls refused, and retries made and not made, since the line before of this circuit; 0 in the first of an outage. */
  readonly refused: number;
  readonly retries: number;
  readonly retriesRefused: number;
  /** Milliseconds since that line. */
  readonly sinceMs?: number;
}

/**
 * Logs transitions: opened and isolated ones as `warn`, the others as `info`. Refusals and retries are summed up in the next
 * line of their circuit. The calls themselves cost nothing more. Returns the function that ends it.
 *
 * @example
 * const stop = logTransitions(policy, pino());
 *
 * @throws TypeError or RangeError for what is no logger, and for bad options.
 */
export function logTransitions(policy: HttpPolicy, logger: TransitionLogger, options: LogOptions = {}): () => void {
  for (const level of ['info', 'warn'] as const) {
    if (typeof logger?.[level] !== 'function')
      throw new TypeError(`logger must have a ${level}(), got ${show(logger)}`);
  }
  const { order } = checkObject('', options, ['order']);
  const isPino = typeof (logger as { fatal?: unknown }).fatal === 'function';
  const chosen = checkOneOf('order', order, ['facts-first', 'text-first'], isPino ? 'facts-first' : 'text-first');
  const lines = new Lines(policy);
  return policy.subscribe(event => {
    if (event.type !== 'transition') return;
    const facts = lines.of(event);
    const level = event.to === 'open' || event.to === 'isolated' ? 'warn' : 'info';
    if (chosen === 'facts-first') logger[level](facts, textOf(facts));
    else logger[level](textOf(facts), facts);
  }, 'transition');
}

/** What had been counted of a circuit at its last line. */
interface Counted {
  readonly at: number;
  readonly rejected: number;
  readonly retries: number;
  readonly retriesRefused: number;
}

class Lines {
  readonly #policy: HttpPolicy;
  readonly #before = new Map<string, Counted>();

  constructor(policy: HttpPolicy) {
    this.#policy = policy;
  }

  of({ key, from, to, reason, cause, at }: TransitionEvent): TransitionFacts {
    const now = countedOf(this.#policy.metricsOf(key), at);
    // What was before the first line of an outage belongs to no outage.
    const before = this.#before.get(key);
    const since = before ?? now;
    this.#remember(key, to, now);
    const last = cause?.code ?? cause?.status ?? cause?.name;
    const { remainingMs } = this.#policy.registry.explain(key) ?? {};
    return {
      circuit: key,
      from,
      to,
      reason,
      ...(last === undefined ? {} : { last }),
      ...(to === 'open' && remainingMs !== undefined ? { retryInMs: Math.round(remainingMs) } : {}),
      // A key that was dropped and came back counts from 0.
      refused: Math.max(0, now.rejected - since.rejected),
      retries: Math.max(0, now.retries - since.retries),
      retriesRefused: Math.max(0, now.retriesRefused - since.retriesRefused),
      ...(before ? { sinceMs: Math.round(at - before.at) } : {}),
    };
  }

  /** As many circuits as have not closed again: an attacker's host names must not fill the memory. */
  #remember(key: string, to: string, counted: Counted): void {
    if (to === 'closed') this.#before.delete(key);
    else this.#before.set(key, counted);
  }
}

function countedOf(metrics: KeyMetrics | undefined, at: number): Counted {
  const { rejected = 0, retries = 0, retriesRefused: byReason = {} } = metrics ?? {};
  const retriesRefused = Object.values(byReason).reduce((sum, count) => sum + count, 0);
  return { at, rejected, retries, retriesRefused };
}

function textOf(facts: TransitionFacts): string {
  const { circuit, from, to, reason, last, retryInMs, refused, retries, sinceMs } = facts;
  const parts = [
    `circuit ${circuit} ${from} -> ${to} (${reason})`,
    last === undefined ? '' : `last=${last}`,
    retryInMs === undefined ? '' : `retry_in=${seconds(retryInMs)}`,
    refused > 0 ? `refused ${refused} calls${sinceMs === undefined ? '' : ` in ${seconds(sinceMs)}`}` : '',
    retries > 0 ? `${retries} retries` : '',
  ];
  return parts.filter(part => part !== '').join(' ');
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)}s`;
}
