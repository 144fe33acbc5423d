/**
 * A second request beside a first one that is slow to answer. The first good answer of the two is the attempt's.
 *
 * A request that ends badly while the other is under way is recorded in the breaker as what it is, and set aside. A first
 * request that is superseded counts as slow, not as a failure; a hedge that comes too late counts for nothing.
 *
 * @see "The Tail at Scale", Dean and Barroso, Communications of the ACM 56(2), 2013
 */

import type { CallMachine } from '../call/call-machine.ts';
import { InFlight, type InFlightOwner } from '../call/in-flight.ts';
import type { Req } from '../call/step.ts';
import { emitHedge, emitHedgeRefused, emitHedgeWon, type HedgeRefusal, type HttpEvents } from '../observe/events.ts';
import type { OutcomeVerdict } from '../outcome/classify-outcome.ts';
import type { HttpOutcome } from '../outcome/outcome.ts';
import { answerOf } from '../outcome/verdict.ts';
import type { Admission } from '../strategy/admission.ts';
import { HedgeRace, type RaceEvents } from './hedge-race.ts';
import type { RecentLatencies } from './recent-latencies.ts';

/** What a hedge has of its attempt. */
export interface HedgeOwner extends InFlightOwner {
  readonly events: HttpEvents;
  readonly first: InFlight;
  /** Of a request that its strategies are to admit; undefined where none limits it. */
  admissionOf(isHedge: boolean): Admission | undefined;
  observe(request: InFlight): void;
  judge(outcome: HttpOutcome): OutcomeVerdict;
  /** The attempt ends with this request. */
  decideBy(request: InFlight, judged: OutcomeVerdict): void;
}

/** An error is no answer, not even one without evidence about the host: the other request may bring one. */
function isGood({ kind }: HttpOutcome, { verdict }: OutcomeVerdict): boolean {
  const { health, retry } = verdict;
  const isAnswer = kind === 'status' || health === 'success';
  return answerOf(verdict) === 'good' && health !== 'failure' && !retry && isAnswer;
}

export class Hedge {
  /** Milliseconds that the first request has before there may be a second. */
  readonly afterMs: number;
  readonly #owner: HedgeOwner;
  readonly #first: InFlight;
  readonly #startedAt: number;
  readonly #latencies: RecentLatencies;
  #second: InFlight | undefined;

  constructor(afterMs: number, latencies: RecentLatencies, owner: HedgeOwner) {
    this.afterMs = afterMs;
    this.#latencies = latencies;
    this.#owner = owner;
    this.#first = owner.first;
    this.#startedAt = owner.entry.clock.now();
  }

  /** The race behind a promise. */
  race<T>(call: CallMachine, events: RaceEvents<T>): HedgeRace<T> {
    return new HedgeRace(call, events);
  }

  /** Takes a permit, what the strategies ask for, and a retry's worth of the budget; false where it may not be sent. */
  begin(): boolean {
    const { events, entry } = this.#owner;
    const request = this.#enter();
    if (!(request instanceof InFlight)) {
      emitHedgeRefused(events, entry, request);
      return false;
    }
    this.#second = request;
    emitHedge(events, entry, this.afterMs);
    return true;
  }

  /** Whether there are two requests. */
  get isRacing(): boolean {
    return this.#second !== undefined;
  }

  /** Whether this one has no outcome yet. */
  isUnderWay(req: Req): boolean {
    return (req === 1 ? this.#first : this.#second)?.isRunning ?? false;
  }

  /** The other request, where it is still under way. */
  rivalOf(request: InFlight): Req | undefined {
    const rival = request.isHedge ? 1 : 2;
    return this.isUnderWay(rival) ? rival : undefined;
  }

  /**
   * One of the two has ended. True: the attempt ends with it, so decide on `outcome`, and cancel the other. False: it was
   * no good, and the other is waited for.
   *
   * @throws what the user's `classify` throws.
   */
  ended(req: Req, outcome: HttpOutcome): boolean {
    const first = this.#first;
    const second = this.#second as InFlight;
    const [request, other] = req === 1 ? [first, second] : [second, first];
    const judged = this.#owner.judge(outcome);
    if (other.isRunning && !isGood(outcome, judged)) {
      this.#setAside(request, outcome, judged);
      return false;
    }
    if (request === second && other.isRunning) this.#overtook();
    this.#owner.decideBy(request, judged);
    return true;
  }

  /** Runs what sends the second request inside the context that an observer wants. */
  run<T>(send: () => T): T {
    return this.#second ? this.#second.run(send) : send();
  }

  /** The attempt has ended with this request. The other one, if it is still under way, is cancelled. */
  finish(request: InFlight): void {
    if (request.isHedge) this.#first.superseded();
    else this.release();
  }

  /** The call is over, or what is left of the race is not needed. */
  release(): void {
    this.#first.release();
    this.#second?.release();
  }

  #enter(): InFlight | HedgeRefusal {
    const { entry, settings } = this.#owner;
    const { breaker } = entry;
    const budget = entry.budget(settings.hedgeBudget);
    if (breaker.state !== 'closed') return 'circuit';
    const request = new InFlight(true);
    request.admission = this.#owner.admissionOf(true);
    if (!tryEnter(request)) return 'bulkhead';
    const paid = budget.take(entry.clock.now());
    if (paid && !request.admit(breaker)) {
      this.#owner.observe(request);
      return request;
    }
    request.release();
    if (paid) budget.giveBack(entry.clock.now());
    return paid ? 'circuit' : 'budget';
  }

  #setAside(request: InFlight, outcome: HttpOutcome, judged: OutcomeVerdict): void {
    const owner = this.#owner;
    request.record(outcome, judged, owner, owner.entry.clock.now())?.cancelled();
  }

  /** How long the first would have taken is unknown; it is at least this, and so above the percentile. */
  #overtook(): void {
    const { events, entry } = this.#owner;
    this.#latencies.add(entry.clock.now() - this.#startedAt);
    emitHedgeWon(events, entry);
  }
}

/** @throws what a strategy throws. Then the request holds nothing, as where it is refused. */
function tryEnter(request: InFlight): boolean {
  let isAdmitted = false;
  try {
    isAdmitted = request.admission?.tryEnter() ?? true;
  } finally {
    if (!isAdmitted) request.leave();
  }
  return isAdmitted;
}
