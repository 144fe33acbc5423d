/** Alerts about circuits that stay open, also without calls. */

import type { CircuitBreaker, Explanation } from '@cutout/core';
import { checkBoolean, checkFunction, checkNumber, checkObject, Harmless, makeDisposable } from '@cutout/core/internal';
import { MAX_TIMER_MS } from '../outcome/sleep.ts';
import type { HttpPolicy } from '../policy/policy.ts';
import { requirePolicy } from '../policy/require-policy.ts';

export interface AlertOptions {
  /** Milliseconds that a circuit may be open, probes included, before an alert. Positive, up to 2147483647. */
  readonly longerThanMs: number;
  /** Milliseconds between further alerts while the circuit stays open. Positive, up to 2147483647. @default never */
  readonly repeat?: number;
  /** Whether circuits held open by hand alert too. @default false */
  readonly isolated?: boolean;
  readonly onAlert: (alert: OpenAlert) => unknown;
}

export interface OpenAlert {
  readonly key: string;
  /** Milliseconds since the circuit was last closed, as near as the checks, which come four times in `longerThanMs`. */
  readonly openMs: number;
  /** From 1 for the same outage. */
  readonly count: number;
  /** Further circuits whose alerts come later: at most 50 are emitted in 10 seconds. */
  readonly waiting: number;
  readonly explanation: Explanation;
}

/** An outage that is under way. */
interface Outage {
  readonly since: number;
  /** Closings until then: one more means that it is another outage. */
  readonly closings: number;
  alerts: number;
}

/**
 * Calls `onAlert` once for a circuit that has been open for longer than that, half-open in between included, and never for
 * one that closed in time. A timer that keeps no process alive polls the circuits; calls have no overhead
 * Returns the function that ends it, which `using` can call too.
 *
 * @example
 * const stop = alertWhenOpen(policy, { longerThanMs: 60_000, onAlert: ({ key }) => page(`${key} is down`) });
 *
 * @throws TypeError or RangeError for what is no policy, and for bad options.
 */
export function alertWhenOpen(policy: HttpPolicy, options: AlertOptions): (() => void) & Disposable {
  requirePolicy(policy);
  const everyMs = Math.min(MAX_CHECK_MS, checkAlert(options).longerThanMs / CHECKS);
  const watch = new OpenWatch(policy, checkAlert(options), Math.ceil(WINDOW_MS / everyMs));
  const unread = new Harmless('[@cutout/http] the circuits could not be read');
  // A clock of the caller's may throw, and from a timer that would end the process.
  const check = (): void => unread.call(() => watch.check());
  check();
  const timer = setInterval(check, everyMs);
  // It is a number elsewhere than in Node.
  (timer as { unref?(): void }).unref?.();
  const stop = (): void => clearInterval(timer);
  makeDisposable(stop, stop);
  return stop as typeof stop & Disposable;
}

/** Alerts in {@link WINDOW_MS}: of hosts that the policy's `hosts` names, and as many of all others. */
const MAX_ALERTS = 50;
const WINDOW_MS = 10_000;
const CHECKS = 4;
const MAX_CHECK_MS = 1_000;
const MS = {
  min: Number.MIN_VALUE,
  max: MAX_TIMER_MS,
  expected: `a positive number of milliseconds up to ${MAX_TIMER_MS}`,
};

interface CheckedAlert {
  readonly longerThanMs: number;
  readonly repeat: number;
  readonly isolated: boolean;
  readonly onAlert: AlertOptions['onAlert'];
}

function checkAlert(options: AlertOptions): CheckedAlert {
  const given = checkObject('', options, ['longerThanMs', 'repeat', 'isolated', 'onAlert']);
  const onAlert = checkFunction('onAlert', options.onAlert);
  if (!onAlert) throw new TypeError('onAlert must be a function, got undefined');
  return {
    longerThanMs: checkNumber('longerThanMs', given['longerThanMs'], MS),
    repeat: given['repeat'] === undefined ? Number.POSITIVE_INFINITY : checkNumber('repeat', given['repeat'], MS),
    isolated: checkBoolean('isolated', given['isolated'], false),
    onAlert,
  };
}

/** A circuit with a due alert. */
interface Due {
  readonly breaker: CircuitBreaker;
  readonly outage: Outage;
  readonly openMs: number;
  readonly isNamed: boolean;
}

class OpenWatch {
  readonly #policy: HttpPolicy;
  readonly #options: CheckedAlert;
  readonly #checksInWindow: number;
  #outages = new Map<string, Outage>();
  readonly #hook = new Harmless('[@cutout/http] onAlert failed');
  #checks = 0;
  #left = { named: MAX_ALERTS, others: MAX_ALERTS };

  constructor(policy: HttpPolicy, options: CheckedAlert, checksInWindow: number) {
    this.#policy = policy;
    this.#options = options;
    this.#checksInWindow = checksInWindow;
  }

  /** What is no longer open, or gone from the registry, is forgotten. */
  check(): void {
    const now = this.#policy.registry.clock.now();
    const before = this.#outages;
    this.#outages = new Map();
    const due: Due[] = [];
    for (const breaker of this.#policy.registry) {
      const found = this.#isOut(breaker) ? this.#follow(breaker, before.get(breaker.key), now) : undefined;
      if (found) due.push(found);
    }
    this.#alert(due);
  }

  #isOut({ state }: CircuitBreaker): boolean {
    return state === 'isolated' ? this.#options.isolated : state !== 'closed';
  }

  #follow(breaker: CircuitBreaker, known: Outage | undefined, now: number): Due | undefined {
    const { stateMs = 0, transitions } = breaker.metrics();
    const closings = transitions.reduce((sum, { to, count }) => sum + (to === 'closed' ? count : 0), 0);
    const outage = known?.closings === closings ? known : { since: now - stateMs, closings, alerts: 0 };
    this.#outages.set(breaker.key, outage);
    const { longerThanMs, repeat } = this.#options;
    const openMs = now - outage.since;
    // Never, times nothing, would be no number.
    const dueMs = outage.alerts === 0 ? longerThanMs : longerThanMs + repeat * outage.alerts;
    return openMs < dueMs ? undefined : { breaker, outage, openMs, isNamed: this.#policy.isNamed(breaker.key) };
  }

  /** The longest open first. What is over the bound stays due. */
  #alert(due: Due[]): void {
    if (this.#checks % this.#checksInWindow === 0) this.#left = { named: MAX_ALERTS, others: MAX_ALERTS };
    this.#checks += 1;
    const sorted = due.sort((a, b) => b.openMs - a.openMs);
    const named = sorted.filter(({ isNamed }) => isNamed).slice(0, this.#left.named);
    const others = sorted.filter(({ isNamed }) => !isNamed).slice(0, this.#left.others);
    this.#left = { named: this.#left.named - named.length, others: this.#left.others - others.length };
    const waiting = due.length - named.length - others.length;
    for (const { breaker, outage, openMs } of [...named, ...others]) {
      outage.alerts += 1;
      const alert = { key: breaker.key, openMs, count: outage.alerts, waiting, explanation: breaker.explain() };
      this.#hook.call(() => this.#options.onAlert(alert));
    }
  }
}
