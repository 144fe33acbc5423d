/** The attempt loop of the promise-shaped doors: run, judge, wait, again. */

import pRetry from 'p-retry';
import { type Attempt, type AttemptResult, type Ended, settle, shownOf } from './attempt.ts';
import type { BodyWatch } from './body-watch.ts';
import type { AttemptRefusal, Decision, HttpCall } from './call.ts';
import { hedgedAttempt } from './hedged-attempt.ts';
import { keyOf } from './key.ts';
import { abortReason, isAborted } from './signals.ts';
import { abortable, sleep } from './sleep.ts';
import { giveUpOn, runAsOuter } from './stacking.ts';
import type { PromiseAnswers } from './strategy/promise-answers.ts';
import { HttpTimeoutError, withinLimits } from './timeout.ts';
import { answerOf } from './verdict.ts';

/** A call's end, or an attempt that another one follows. */
type Step<T> =
  | (Ended<T> & { readonly decision: Decision })
  | { readonly refusal: AttemptRefusal }
  /** The time was up between two attempts. */
  | { readonly expired: HttpTimeoutError }
  /** What the caller gets at once and unchanged: the reason of an abort, the error of a hook. */
  | { readonly thrown: unknown };

/** A body that drips must not hold up the next attempt for longer than this, unless the wait itself is longer. */
const MIN_RELEASE_MS = 250;

/** What p-retry is thrown to make it go round again; it retries nothing that is returned. */
class Again extends Error {}

/** Runs the call to its end. Rejects with the client's own error, the caller's own reason, or the refusal. */
export async function run<T>(call: HttpCall, attempt: Attempt<T>, answers?: PromiseAnswers<T>): Promise<T> {
  try {
    if (isAborted(call.request.signal)) throw abortReason(call.request.signal);
    const loop = new Loop(call, attempt);
    // Most calls end with their first attempt, and need no loop.
    const last = (await loop.turn()) ?? (await again(call, loop));
    return answers ? await finishWith(answers, call, last) : await finish(call, last);
  } finally {
    call.end();
  }
}

/** The attempts after the first. */
function again<T>(call: HttpCall, loop: Loop<T>): Promise<Step<T>> {
  return pRetry(() => loop.next(), {
    retries: (call.settings.retry?.maxRetries ?? 1) - 1,
    minTimeout: 0,
    factor: 1,
    shouldRetry: ({ error }) => error instanceof Again,
  });
}

class Loop<T> {
  readonly #call: HttpCall;
  readonly #attempt: Attempt<T>;
  #last: (Ended<T> & { readonly decision: Decision }) | undefined;

  constructor(call: HttpCall, attempt: Attempt<T>) {
    this.#call = call;
    this.#attempt = attempt;
  }

  /** One turn. Throws {@link Again} where another is to follow, and nothing else. */
  async next(): Promise<Step<T>> {
    const step = await this.turn();
    if (!step) throw new Again();
    return step;
  }

  /** One turn; undefined where another is to follow. */
  async turn(): Promise<Step<T> | undefined> {
    try {
      const intact = !this.#last || (await pause(this.#call, this.#last));
      if (this.#last && this.#call.timeLeftMs <= 0) return outOfTime(this.#call, this.#last, intact);
      const entry = this.#call.enter();
      // No bulkhead, or a place in it, must not cost a turn of the event loop.
      const refusal = (entry instanceof Promise ? await entry : entry) ?? this.#call.acquire();
      if (refusal) return this.#last ? insteadOf(refusal, this.#last, intact) : { refusal };
      const ended = await this.#runOne();
      this.#last = { ...ended, decision: this.#decide(ended) };
      return this.#last.decision.retryInMs === undefined ? this.#last : undefined;
    } catch (thrown) {
      return { thrown };
    }
  }

  #runOne(): Promise<Ended<T>> {
    const { request, settings, timeLeftMs, attempt, headers } = this.#call;
    const send = (signal: AbortSignal | undefined): Promise<AttemptResult<T>> =>
      runAsOuter(keyOf('origin', request), () =>
        this.#attempt({ attempt, timeLeftMs, ...(signal ? { signal } : {}), ...(headers ? { headers } : {}) }),
      );
    const hedge = this.#call.hedge();
    if (hedge) return hedgedAttempt(this.#call, hedge, send);
    const limited = (): Promise<AttemptResult<T>> =>
      withinLimits(settings, timeLeftMs, request.signal, send, late => late.discard?.());
    return settle(request, () => this.#call.run(limited));
  }

  /** A hook that throws leaves nobody to read the response. */
  #decide(ended: Ended<T>): Decision {
    try {
      return this.#call.decide(ended.outcome);
    } catch (error) {
      if ('result' in ended) ended.result.discard?.();
      throw error;
    }
  }
}

/** Lets go of the old response, and waits. Tells whether that response could still be handed out. */
async function pause<T>(call: HttpCall, last: Ended<T> & { decision: Decision }): Promise<boolean> {
  const { signal } = call.request;
  const delayMs = last.decision.retryInMs ?? 0;
  const withinMs = Math.min(Math.max(delayMs, MIN_RELEASE_MS), call.timeLeftMs);
  const release = 'result' in last ? vacate(last.result, last.decision.body, withinMs) : undefined;
  const [intact = true] = await Promise.all([release && abortable(release, signal), sleep(delayMs, signal)]);
  return intact;
}

/** Until its old body has been let go of, an attempt keeps its place in the bulkhead. */
async function vacate<T>(
  { release }: AttemptResult<T>,
  body: BodyWatch | undefined,
  withinMs: number,
): Promise<boolean> {
  try {
    return (await release?.(withinMs)) ?? true;
  } finally {
    body?.cancelled();
  }
}

/** Letting go of the old response took what was left of the time. */
function outOfTime<T>(call: HttpCall, last: Ended<T> & { decision: Decision }, intact: boolean): Step<T> {
  return intact ? last : { expired: new HttpTimeoutError('total', call.settings.totalTimeoutMs) };
}

/** The circuit opened during the wait, or its bulkhead is full: the last real outcome answers, if it still can. */
function insteadOf<T>(refusal: AttemptRefusal, last: Ended<T> & { decision: Decision }, intact: boolean): Step<T> {
  if (intact) return last;
  return { refusal: Object.assign(refusal, { lastStatus: last.outcome.status }) };
}

/** Where a strategy keeps answers: a kept one comes before the fallback, and a good one is kept. */
async function finishWith<T>(answers: PromiseAnswers<T>, call: HttpCall, last: Step<T>): Promise<T> {
  const failure = failureOf(last);
  if (failure) {
    const served = answers.answer(failure.failure, failure.status);
    if (!served) return finish(call, last);
    if ('result' in last) letGo(last.result, last.decision.body);
    return served.answer;
  }
  return finish(call, 'result' in last ? { ...last, result: answers.keep(last.result) } : last);
}

/** What a kept answer may stand in for. A caller's abort and the error of a hook are none. */
function failureOf<T>(last: Step<T>): { failure: unknown; status?: number | undefined } | undefined {
  if ('thrown' in last) return undefined;
  if ('expired' in last) return { failure: last.expired };
  if ('refusal' in last) return { failure: last.refusal };
  if (answerOf(last.decision.verdict) === 'good') return undefined;
  return 'error' in last ? { failure: last.error } : { failure: last.result.value, status: last.outcome.status };
}

function finish<T>(call: HttpCall, last: Step<T>): Promise<T> | T {
  if ('thrown' in last) throw last.thrown;
  if ('refusal' in last) return instead<T>(call, last.refusal, true) ?? rethrow(last.refusal);
  if ('expired' in last) return instead<T>(call, last.expired, false) ?? rethrow(last.expired);
  const { verdict } = last.decision;
  const failure = 'error' in last ? last.error : shownOf(last.result);
  if (verdict.retry && call.settings.retry) giveUpOn(failure);
  const answer = answerOf(verdict) === 'bad' ? instead<T>(call, failure, false) : undefined;
  if ('error' in last) return answer ?? rethrow(last.error);
  if (answer) return replace(last.result, last.decision.body, answer);
  watch(last.result, last.decision.body);
  return last.result.value;
}

/** What the fallback answers, in the door's own type; undefined where it is not asked. */
function instead<T>(call: HttpCall, failure: unknown, refused: boolean): Promise<T> | undefined {
  return call.fallBack(failure, refused) as Promise<T> | undefined;
}

/** The failing response went to the fallback, which may hand it on; else its connection is let go. */
async function replace<T>(result: AttemptResult<T>, body: BodyWatch | undefined, asked: Promise<T>): Promise<T> {
  try {
    const answer = await asked;
    if (answer === result.value) watch(result, body);
    else letGo(result, body, answer);
    return answer;
  } catch (error) {
    letGo(result, body);
    throw error;
  }
}

function watch<T>({ watchBody }: AttemptResult<T>, body: BodyWatch | undefined): void {
  if (body) watchBody?.(body);
}

function letGo<T>({ discard }: AttemptResult<T>, body: BodyWatch | undefined, answer?: T): void {
  discard?.(answer);
  body?.cancelled();
}

function rethrow(error: unknown): never {
  throw error;
}
