/**
 * A second request beside a first one that is slow to answer. The first good answer of the two is the attempt's.
 *
 * A leg that ends badly while the other is under way is told to the breaker as what it is, and set aside. A first request
 * that is overtaken says nothing about the host's health, but that it was slow; a hedge that comes too late says nothing.
 *
 * @see "The Tail at Scale", Dean and Barroso, Communications of the ACM 56(2), 2013
 */

import { monotonicClock } from '@cutout/core';
import { BulkheadPlace } from './bulkhead-place.ts';
import type { Req } from './call/step.ts';
import type { HedgeSettings } from './hedge-options.ts';
import { type HedgeRefusal, type HttpEvents, tellHedge, tellHedgeRefused, tellHedgeWon } from './http-events.ts';
import type { Judged } from './judge.ts';
import { Leg, type LegOwner } from './leg.ts';
import type { HttpOutcome } from './outcome.ts';
import type { RecentLatencies } from './recent-latencies.ts';
import type { HttpRequest } from './request.ts';
import { answerOf } from './verdict.ts';

/** What a hedge has of its call. */
export interface HedgeOwner extends LegOwner {
  readonly events: HttpEvents;
  readonly first: Leg;
  /** Tells whoever traces the attempts that one begins. */
  observe(leg: Leg): void;
  judge(outcome: HttpOutcome): Judged;
  /** The attempt ends as this leg has. */
  decideBy(leg: Leg, judged: Judged): void;
}

/** Whether the method is hedged, and the body can be sent twice. */
export function isHedged({ replayable, method }: HttpRequest, { methods }: HedgeSettings): boolean {
  return replayable && methods.has(method.toUpperCase());
}

/** Whole milliseconds that a first request has, or those of the option; `Infinity` while too little is known of the host. */
export function hedgeAfterMs(settings: HedgeSettings, latencies: RecentLatencies): number {
  const { delayMs, percentile, minimumSamples } = settings;
  if (latencies.size < minimumSamples) return Number.POSITIVE_INFINITY;
  // Timers drop what is behind the point, and would fire before the answers that it is about.
  return delayMs ?? Math.ceil(latencies.percentile(percentile) ?? Number.POSITIVE_INFINITY);
}

/** An error is no answer, even one that says nothing about the host: the other request may bring one. */
function isGood({ kind }: HttpOutcome, { verdict }: Judged): boolean {
  const { health, retry } = verdict;
  const isAnswer = kind === 'status' || health === 'success';
  return answerOf(verdict) === 'good' && health !== 'failure' && !retry && isAnswer;
}

export class Hedge {
  /** Milliseconds that the first request has before there may be a second. */
  readonly afterMs: number;
  readonly #owner: HedgeOwner;
  readonly #startedAt: number = monotonicClock.now();
  #second: Leg | undefined;

  constructor(afterMs: number, owner: HedgeOwner) {
    this.afterMs = afterMs;
    this.#owner = owner;
  }

  /** Takes a permit, a place and a retry's worth of the budget for the second request; false where it may not be made. */
  begin(): boolean {
    const { events, entry } = this.#owner;
    const leg = this.#enter();
    if (!(leg instanceof Leg)) {
      tellHedgeRefused(events, entry, leg);
      return false;
    }
    this.#second = leg;
    tellHedge(events, entry, this.afterMs);
    return true;
  }

  /** Whether there are two requests. */
  get isRacing(): boolean {
    return this.#second !== undefined;
  }

  /** Whether this one has no outcome yet. */
  isUnderWay(req: Req): boolean {
    return (req === 1 ? this.#owner.first : this.#second)?.isRunning ?? false;
  }

  /** The other request, where it is still under way. */
  rivalOf(leg: Leg): Req | undefined {
    const rival = leg.isHedge ? 1 : 2;
    return this.isUnderWay(rival) ? rival : undefined;
  }

  /**
   * One of the two has ended. True: the attempt ends with it, so decide on `outcome`, and cancel the other. False: it was
   * no good, and the other is waited for.
   *
   * @throws what the user's `classify` throws.
   */
  ended(req: Req, outcome: HttpOutcome): boolean {
    const { first } = this.#owner;
    const second = this.#second as Leg;
    const [leg, other] = req === 1 ? [first, second] : [second, first];
    const judged = this.#owner.judge(outcome);
    if (other.isRunning && !isGood(outcome, judged)) {
      this.#setAside(leg, outcome, judged);
      return false;
    }
    if (leg === second && other.isRunning) this.#overtook();
    this.#owner.decideBy(leg, judged);
    return true;
  }

  /** Sends the second request, as whoever traces it wants it sent. */
  run<T>(send: () => T): T {
    return this.#second ? this.#second.run(send) : send();
  }

  /** The breaker has heard how the attempt ended: by this leg. The other one, if it is still under way, is cancelled. */
  finish(leg: Leg): void {
    if (leg.isHedge) this.#owner.first.outrun();
    else this.release();
  }

  /** The call is over. */
  release(): void {
    this.#second?.release();
  }

  #enter(): Leg | HedgeRefusal {
    const { entry, settings } = this.#owner;
    const { breaker } = entry;
    const budget = entry.budget(settings.hedgeBudget);
    if (breaker.state !== 'closed') return 'circuit';
    const leg = new Leg(true);
    if (!this.#takePlace(leg)) return 'bulkhead';
    const paid = budget.take(entry.clock.now());
    if (paid && !leg.admit(breaker)) {
      this.#owner.observe(leg);
      return leg;
    }
    leg.release();
    if (paid) budget.giveBack(entry.clock.now());
    return paid ? 'circuit' : 'budget';
  }

  /** It never queues: whoever waits for a place is a call of its own. */
  #takePlace(leg: Leg): boolean {
    const { entry, settings, events } = this.#owner;
    if (!settings.bulkhead) return true;
    const place = new BulkheadPlace(entry, settings.bulkhead, settings, events);
    leg.takePlace(place);
    return place.tryEnter();
  }

  #setAside(leg: Leg, outcome: HttpOutcome, judged: Judged): void {
    const owner = this.#owner;
    const body = leg.tell(outcome, judged, owner);
    leg.vacate(outcome, judged, owner, body)?.cancelled();
  }

  /** What the first would have taken at last nobody knows; it is at least this, and so above the percentile. */
  #overtook(): void {
    const { events, entry } = this.#owner;
    entry.latencies.add(monotonicClock.now() - this.#startedAt);
    tellHedgeWon(events, entry);
  }
}
