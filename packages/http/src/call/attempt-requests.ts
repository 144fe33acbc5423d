/** The requests of one attempt: the first one, and a hedge beside it. Records in the breaker how each of them ended. */

import { type CircuitOpenError, monotonicClock } from '@cutout/core';
import type { BodyWatch } from '../body-watch.ts';
import type { BulkheadPlace } from '../bulkhead-place.ts';
import { Hedge, hedgeAfterMs, isHedged } from '../hedge.ts';
import type { HttpEvents } from '../http-events.ts';
import { type Judged, judge } from '../judge.ts';
import { Leg } from '../leg.ts';
import type { Observers } from '../observer.ts';
import type { HttpOutcome } from '../outcome.ts';
import type { HttpVerdict } from '../verdict.ts';
import type { CallTarget } from './call-target.ts';
import type { Req } from './step.ts';

/** To whom the requests are reported. */
export interface RequestReports {
  readonly events: HttpEvents;
  readonly observers: Observers;
}

export class AttemptRequests {
  readonly #target: CallTarget;
  readonly #reports: RequestReports;
  /** The number of the attempt, from 1; 0 before the first. */
  attempt = 0;
  /** The request that the attempt ends with. */
  #leg = new Leg(false);
  #hedge: Hedge | undefined;
  /** The verdict that decided between two requests. */
  #judged: Judged | undefined;

  constructor(target: CallTarget, reports: RequestReports) {
    this.#target = target;
    this.#reports = reports;
  }

  get hedge(): Hedge | undefined {
    return this.#hedge;
  }

  takePlace(place: BulkheadPlace): void {
    this.#leg.takePlace(place);
  }

  /** Takes a permit for the first request. `isHop`: it goes on with the present attempt. */
  admit(isHop: boolean, timeLeftMs: number): CircuitOpenError | undefined {
    const refusal = this.#leg.admit(this.#target.entry.breaker);
    if (refusal) return refusal;
    if (!isHop) this.attempt += 1;
    this.#observe(this.#leg);
    this.#hedge = this.#newHedge(timeLeftMs);
    return undefined;
  }

  /** Gives back what the requests still hold. Those without an outcome count as ignored. */
  release(): void {
    this.#leg.release();
    this.#hedge?.release();
    if (this.#leg.isHedge) this.#leg = new Leg(false);
  }

  leaveBulkhead(): void {
    this.#leg.leave();
  }

  /** Takes all that a hedge needs, where it may be sent now. */
  beginHedge(): boolean {
    return this.#hedge?.isRacing === false && this.#leg.isRunning && this.#hedge.begin();
  }

  /** Whether this request is still without an outcome. */
  isUnderWay(req: Req): boolean {
    return this.#hedge?.isRacing ? this.#hedge.isUnderWay(req) : req === 1;
  }

  /** Whether the attempt ends with this request. Else it is recorded, and the other one is waited for. */
  endsWith(req: Req, outcome: HttpOutcome): boolean {
    return !this.#hedge?.isRacing || this.#hedge.ended(req, outcome);
  }

  /** The other request of the race, where it is still under way. */
  get rival(): Req | undefined {
    return this.#hedge?.rivalOf(this.#leg);
  }

  /** Records the outcome of the attempt: the winner of a race first, since the loser may open the circuit. */
  record(outcome: HttpOutcome): { readonly verdict: HttpVerdict; vacate(): BodyWatch | undefined } {
    const judged = this.#judged ?? this.#verdictOf(outcome);
    const leg = this.#leg;
    const body = leg.tell(outcome, judged, this.#target);
    this.#endHedge(outcome, judged.verdict);
    return { verdict: judged.verdict, vacate: () => leg.vacate(outcome, judged, this.#target, body) };
  }

  /** Runs what sends a request inside the context that an observer wants. */
  run<T>(req: Req, send: () => T): T {
    return req === 2 && this.#hedge ? this.#hedge.run(send) : this.#leg.run(send);
  }

  #observe(leg: Leg): void {
    const { observers } = this.#reports;
    if (!observers.active) return;
    const { entry, request } = this.#target;
    leg.observe(observers.attempt({ key: entry.key, request, attempt: this.attempt, isHedge: leg.isHedge }));
  }

  #newHedge(timeLeftMs: number): Hedge | undefined {
    const { request, entry, settings } = this.#target;
    const { hedge, attemptTimeoutMs } = settings;
    if (!hedge || this.attempt > 1 || !isHedged(request, hedge)) return undefined;
    const afterMs = hedgeAfterMs(hedge, entry.latencies);
    if (afterMs >= Math.min(attemptTimeoutMs, timeLeftMs)) return undefined;
    return new Hedge(afterMs, {
      request,
      settings,
      entry,
      events: this.#reports.events,
      first: this.#leg,
      observe: leg => this.#observe(leg),
      judge: outcome => this.#verdictOf(outcome),
      decideBy: (leg, judged) => {
        this.#leg = leg;
        this.#judged = judged;
      },
    });
  }

  #endHedge(outcome: HttpOutcome, { health }: HttpVerdict): void {
    const { request, entry, settings } = this.#target;
    const { hedge } = settings;
    if (!hedge) return;
    this.#hedge?.finish(this.#leg);
    this.#judged = undefined;
    this.#hedge = undefined;
    const isFirst = this.attempt === 1 && !this.#leg.isHedge;
    if (health === 'success' && isFirst && isHedged(request, hedge)) entry.latencies.add(outcome.durationMs);
  }

  #verdictOf(outcome: HttpOutcome): Judged {
    const { request, settings } = this.#target;
    return judge(this.#withLoss(outcome), this.attempt, request, settings);
  }

  #withLoss(outcome: HttpOutcome): HttpOutcome {
    const { kind, error, durationMs } = outcome;
    if (error === undefined) return outcome;
    const startedAt = monotonicClock.now() - durationMs;
    return this.#target.entry.losses.isRepeated(kind, error, startedAt) ? { ...outcome, sharesLoss: true } : outcome;
  }
}
