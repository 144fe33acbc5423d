/** The requests of one attempt: the first one, and a hedge beside it. Records in the breaker how each of them ended. */

import type { CircuitOpenError } from '@cutout/core';
import { isRefusal } from '@cutout/core/internal';
import type { HedgeStrategy } from '../hedge/hedge.ts';
import type { Hedge, HedgeOwner } from '../hedge/hedge-rules.ts';
import type { HttpEvents } from '../observe/events.ts';
import type { Observers } from '../observe/observer.ts';
import { judge, type OutcomeVerdict } from '../outcome/classify-outcome.ts';
import type { HttpOutcome } from '../outcome/outcome.ts';
import type { HttpRequest } from '../outcome/request.ts';
import { requireSyncHook } from '../outcome/sync-hook.ts';
import type { HttpVerdict } from '../outcome/verdict.ts';
import type { KeyState } from '../policy/key-state.ts';
import type { ResolvedOptions } from '../policy/options.ts';
import { Admission } from '../strategy/admission.ts';
import type { Strategy, StrategyAttempt } from '../strategy/strategy.ts';
import type { BodyTracker } from './body-tracker.ts';
import type { CallTarget } from './call-target.ts';
import { InFlight } from './in-flight.ts';
import type { Req } from './step.ts';

/** To whom the requests are reported. */
export interface RequestReports {
  readonly events: HttpEvents;
  readonly observers: Observers;
}

/** An outcome that has been recorded, while what follows is open. */
export interface Recorded {
  readonly outcome: HttpOutcome;
  readonly verdict: HttpVerdict;
  readonly body: BodyTracker | undefined;
}

export class AttemptRequests implements HedgeOwner {
  readonly #target: CallTarget;
  readonly #reports: RequestReports;
  /** The request that the attempt ends with. */
  #current = new InFlight(false);
  #hedge: Hedge | undefined;
  /** The verdict that decided between two requests. */
  #judged: OutcomeVerdict | undefined;

  constructor(target: CallTarget, reports: RequestReports) {
    this.#target = target;
    this.#reports = reports;
  }

  get hedge(): Hedge | undefined {
    return this.#hedge;
  }

  get entry(): KeyState {
    return this.#target.entry;
  }

  get request(): HttpRequest {
    return this.#target.request;
  }

  get settings(): ResolvedOptions {
    return this.#target.settings;
  }

  get events(): HttpEvents {
    return this.#reports.events;
  }

  get first(): InFlight {
    return this.#current;
  }

  /** What the strategies are to admit; undefined where none limits the attempts. */
  admissionOf(isHedge: boolean): Admission | undefined {
    const { admitting } = this.settings;
    return (
      admitting &&
      new Admission(admitting, strategy => this.#attemptOf(strategy, isHedge, this.#target.attempt + (isHedge ? 0 : 1)))
    );
  }

  /** Asks the strategies to admit the first request: undefined, a refusal, or a promise of one of the two. */
  enter(): Error | Promise<Error | undefined> | undefined {
    const refusal = this.#refusedAtOnce();
    if (refusal) return refusal;
    this.#current.admission = this.admissionOf(false);
    const timeoutError = (lateMs: number): Error => this.#target.totalError(lateMs);
    const { signal } = this.request;
    return this.#current.admission?.enter({
      timeLeftMs: () => this.#target.timeLeftMs,
      signal,
      timeoutError,
      clock: this.entry.clock,
    });
  }

  /** No call queues for an open circuit. */
  #refusedAtOnce(): CircuitOpenError | undefined {
    const { breaker } = this.entry;
    if (!breaker.refusing) return undefined;
    const permit = breaker.tryAcquire();
    if (isRefusal(permit)) return permit;
    permit.ignore();
    return undefined;
  }

  /** Takes a permit for the first request, at `now`. `isHop`: it goes on with the present attempt. */
  admit(isHop: boolean, now: number): CircuitOpenError | undefined {
    const target = this.#target;
    const refusal = this.#current.admit(target.entry.breaker, now);
    if (refusal) return refusal;
    if (!isHop) target.attempt += 1;
    if (this.#reports.observers.active) this.observe(this.#current);
    if (target.settings.hedge) this.#hedge = this.#newHedge(target.settings.hedge);
    return undefined;
  }

  #newHedge(hedge: HedgeStrategy): Hedge | undefined {
    const { attempt, settings, timeLeftMs } = this.#target;
    const limitMs = Math.min(settings.attemptTimeoutMs, timeLeftMs);
    return hedge.prepare(this.#attemptOf(hedge, false, attempt), limitMs, this);
  }

  /** Releases what the requests still hold. Those without an outcome count as ignored. */
  release(): void {
    this.#current.release();
    this.#hedge?.release();
    this.#hedge = undefined;
    if (this.#current.isHedge) this.#current = new InFlight(false);
  }

  /** Releases what the strategies hold for the first request, or leaves their queue. */
  leave(): void {
    this.#current.leave();
  }

  /** Takes all that a hedge needs, where it may be sent now. */
  beginHedge(): boolean {
    return this.#hedge?.isRacing === false && this.#current.isRunning && this.#hedge.begin();
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
    return this.#hedge?.rivalOf(this.#current);
  }

  judge(outcome: HttpOutcome): OutcomeVerdict {
    const { request, settings, attempt } = this.#target;
    return judge(outcome.error === undefined ? outcome : this.#withLoss(outcome), attempt, request, settings);
  }

  /** Judges the outcome of the attempt and records it: the winner of a race first, since the loser may open the circuit. */
  record(outcome: HttpOutcome, now: number): Recorded {
    const judged = this.#judged ?? this.judge(outcome);
    const body = this.#current.record(outcome, judged, this, now);
    if (this.#hedge) this.#endRace(this.#hedge);
    return { outcome, verdict: judged.verdict, body };
  }

  #endRace(hedge: Hedge): void {
    hedge.finish(this.#current);
    this.#hedge = undefined;
    this.#judged = undefined;
  }

  /** The attempt ends with this request of a race. */
  decideBy(request: InFlight, judged: OutcomeVerdict): void {
    this.#current = request;
    this.#judged = judged;
  }

  ended({ isHedge }: InFlight, outcome: HttpOutcome, verdict: HttpVerdict): void {
    for (const strategy of this.settings.recording) {
      const attempt = this.#attemptOf(strategy, isHedge, this.#target.attempt);
      // A promise here would have no reader, and its rejection would end the process.
      requireSyncHook(strategy, 'ended', strategy.ended?.(attempt, outcome, verdict));
    }
  }

  /** Runs what sends a request inside the context that an observer wants. */
  run<T>(req: Req, send: () => T): T {
    return req === 2 && this.#hedge ? this.#hedge.run(send) : this.#current.run(send);
  }

  observe(request: InFlight): void {
    const { observers } = this.#reports;
    const { key } = this.entry;
    request.observe(
      observers.attempt({ key, request: this.request, attempt: this.#target.attempt, isHedge: request.isHedge }),
    );
  }

  #attemptOf<S>(strategy: Strategy<unknown, unknown, S>, isHedge: boolean, attempt: number): StrategyAttempt<S> {
    const { entry, request } = this;
    return {
      key: entry.key,
      state: entry.stateOf(strategy),
      request,
      attempt,
      isHedge,
      timeLeftMs: this.#target.timeLeftMs,
      clock: entry.clock,
    };
  }

  #withLoss(outcome: HttpOutcome): HttpOutcome {
    const { kind, error, durationMs } = outcome;
    const startedAt = this.entry.clock.now() - durationMs;
    return this.entry.losses.isRepeated(kind, error, startedAt) ? { ...outcome, sharesLoss: true } : outcome;
  }
}
