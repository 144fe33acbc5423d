/**
 * An attempt of which a second request may be sent while the first is under way. The exchange hears of it as of one: the
 * start of whichever starts first, and the answer of the one that decides.
 */

import type { Hedge, HttpOutcome } from '@cutout/http';
import { AttemptListener, type AttemptOwner } from './attempt-listener.ts';
import type { Controller, Handler, HeaderFields } from './handler.ts';

/** What is told of the attempt, and asked about an answer. */
export interface HedgedOwner extends AttemptOwner {
  statusOutcome(status: number, headers: HeaderFields, bodyPending: boolean): HttpOutcome;
  errorOutcome(error: Error): HttpOutcome;
  /** The user's `classify` threw about one of the two. */
  thrown(error: Error): void;
}

export class HedgedAttempt implements Controller {
  aborted = false;
  reason: Error | null = null;
  readonly #owner: HedgedOwner;
  readonly #number: number;
  readonly #hedge: Hedge;
  readonly #send: (handler: Handler) => boolean;
  /** The caller's. */
  readonly #handler: Handler;
  readonly #first: Leg;
  #second: Leg | undefined;
  /** The one whose answer is handed on. */
  #decided: Leg | undefined;
  #begun = false;
  /** What the caller asked for before there was an answer. */
  #isPaused = false;

  constructor(owner: HedgedOwner, hedge: Hedge, send: (handler: Handler) => boolean, handler: Handler) {
    this.#owner = owner;
    this.#number = owner.current;
    this.#hedge = hedge;
    this.#send = send;
    this.#handler = handler;
    this.#first = new Leg(this, 'first');
  }

  sendFirst(): boolean {
    return this.#send(new AttemptListener(this.#first, this.#handler, HEARD));
  }

  /** To be called when the first has had its time. */
  sendSecond(): void {
    if (this.#isOver || !this.#hedge.begin()) return;
    // Whoever was told of the hedge may have aborted.
    if (this.#isOver) return;
    const leg = new Leg(this, 'hedge');
    this.#second = leg;
    try {
      // Of being sent the caller has heard by the first.
      const handler = { onResponseStarted: () => this.#handler.onResponseStarted?.() };
      this.#hedge.run(() => this.#send(new AttemptListener(leg, handler, HEARD)));
    } catch (error) {
      leg.failed(null, error as Error);
    }
  }

  get paused(): boolean {
    return this.#decided?.controller?.paused ?? this.#isPaused;
  }

  get rawHeaders(): Controller['rawHeaders'] {
    return this.#decided?.controller?.rawHeaders ?? null;
  }

  get rawTrailers(): Controller['rawTrailers'] {
    return this.#decided?.controller?.rawTrailers ?? null;
  }

  /** The caller's, or that of a time limit: both requests end, and one that has started tells of it. */
  abort(reason: Error): void {
    this.aborted = true;
    this.reason = reason;
    const legs = [this.#first, this.#second].filter(leg => leg?.isRunning);
    const teller = this.#decided ?? legs.find(leg => leg?.controller);
    for (const leg of legs) if (leg !== teller) leg?.cancel(reason);
    if (teller) teller.controller?.abort(reason);
    else if (this.#isHeard) this.#owner.failed(this, reason);
  }

  pause(): void {
    this.#isPaused = true;
    this.#decided?.controller?.pause();
  }

  resume(): void {
    this.#isPaused = false;
    this.#decided?.controller?.resume();
  }

  started(leg: Leg, context: unknown): void {
    if (this.#isOver) return leg.cancel(new Error('given up'));
    if (this.#begun) return;
    this.#begun = true;
    this.#owner.started(this, context);
  }

  /** Whether what this leg tells is the exchange's to hear. */
  hears(leg: Leg): boolean {
    return this.#isHeard && this.#decided === leg;
  }

  /** News of a leg before its answer: the first one's, as long as it is under way. */
  informs(leg: Leg): boolean {
    return this.#isHeard && (this.#decided ?? this.#first) === leg;
  }

  /** Whether the attempt ends with this answer. */
  answered(leg: Leg, outcome: () => HttpOutcome): boolean {
    if (!this.#isHeard || (this.#decided && this.#decided !== leg)) return false;
    const other = leg === this.#first ? this.#second : this.#first;
    if (!other || this.aborted) return this.#decide(leg, undefined);
    try {
      if (this.#hedge.ended(leg.which, outcome())) return this.#decide(leg, other);
      leg.cancel(new Error('the other request is waited for'));
    } catch (error) {
      this.#end(error as Error);
    }
    return false;
  }

  get owner(): HedgedOwner {
    return this.#owner;
  }

  /** Nothing more is to be sent. */
  get #isOver(): boolean {
    return this.aborted || !this.#isHeard;
  }

  get #isHeard(): boolean {
    return this.#owner.current === this.#number;
  }

  /** The user's `classify` threw: both end, and the call with them. */
  #end(error: Error): void {
    this.#owner.thrown(error);
    for (const leg of [this.#first, this.#second]) leg?.cancel(error);
  }

  #decide(leg: Leg, other: Leg | undefined): true {
    this.#decided = leg;
    if (this.#isPaused) leg.controller?.pause();
    other?.cancel(new Error('the other request was answered first'));
    return true;
  }
}

/** A leg hears itself out: whether that is of any use is asked of the attempt. */
const HEARD = 1;

class Leg implements AttemptOwner {
  readonly current: number = HEARD;
  readonly which: 'first' | 'hedge';
  controller: Controller | null = null;
  readonly #attempt: HedgedAttempt;
  #cancelled: Error | undefined;

  constructor(attempt: HedgedAttempt, which: 'first' | 'hedge') {
    this.#attempt = attempt;
    this.which = which;
  }

  get isRunning(): boolean {
    return this.#cancelled === undefined;
  }

  /** One that is still connecting is stopped when it starts. */
  cancel(reason: Error): void {
    this.#cancelled ??= reason;
    this.controller?.abort(reason);
  }

  started(controller: Controller, context: unknown): void {
    this.controller = controller;
    if (this.#cancelled) controller.abort(this.#cancelled);
    else this.#attempt.started(this, context);
  }

  /** Upgrades are not hedged, but a server may have the last word. */
  upgraded(status: number, headers: HeaderFields, socket: unknown): void {
    const { owner } = this.#attempt;
    if (this.#answered(() => owner.statusOutcome(status, headers, false))) owner.upgraded(status, headers, socket);
  }

  responded(status: number, headers: HeaderFields, statusText: string | undefined): void {
    const { owner } = this.#attempt;
    const isHeard =
      status < 200 ? this.#attempt.informs(this) : this.#answered(() => owner.statusOutcome(status, headers, true));
    if (isHeard) owner.responded(status, headers, statusText);
  }

  received(chunk: Buffer): void {
    if (this.#attempt.hears(this)) this.#attempt.owner.received(chunk);
  }

  ended(trailers: HeaderFields): void {
    if (this.#attempt.hears(this)) this.#attempt.owner.ended(trailers);
  }

  failed(controller: Controller | null, error: Error): void {
    const attempt = this.#attempt;
    const isHeard = attempt.hears(this) || this.#answered(() => attempt.owner.errorOutcome(error));
    if (isHeard) attempt.owner.failed(controller, error);
  }

  forward(pass: () => void): void {
    this.#attempt.owner.forward(pass);
  }

  #answered(outcome: () => HttpOutcome): boolean {
    return this.isRunning && this.#attempt.answered(this, outcome);
  }
}
