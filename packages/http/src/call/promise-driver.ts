/** Carries out the steps of a call for clients that answer with a promise: fetch and axios. */

import pRetry from 'p-retry';
import type { Hedge } from '../hedge/hedge-rules.ts';
import type { HttpOutcome } from '../outcome/outcome.ts';
import { abortReason, isAborted } from '../outcome/signals.ts';
import { abortable, MAX_TIMER_MS, sleep } from '../outcome/sleep.ts';
import { withinLimit } from '../outcome/time-limits.ts';
import { keyOf } from '../policy/key.ts';
import { type AttemptContext, type AttemptResult, outcomeOfError, type Sender, shownOf } from './attempt.ts';
import type { CallMachine } from './call-machine.ts';
import { isExhausted, isNestingSeen, isResponseExhausted, runAsOuter } from './nesting.ts';
import type { Ask, Deliver, Park, Send, Sleep, Step } from './step.ts';

/** Runs the call to its end. Rejects with the client's own error, the caller's own reason, or the refusal. */
export async function drive<T>(call: CallMachine, sender: Sender<T>, keep?: Keep<T>): Promise<T> {
  const { target } = call;
  try {
    if (isAborted(target.request.signal)) throw abortReason(target.request.signal);
    const step = call.start();
    if (!isPlain(step, call)) return await new PromiseDriver(call, sender, keep).run(step);
    // Most calls end with one attempt: it needs no driver.
    const { clock } = target.entry;
    let result: AttemptResult<T> | undefined;
    let next: Step;
    try {
      result = sender.resultOf(await sendOnce(call, step, sender));
      next = reportResult(call, step, result, clock.now());
    } catch (error) {
      const now = clock.now();
      next = call.failed(1, outcomeOfError(error, target.request, now - step.at), error, now);
    }
    if (next.do !== 'deliver' || !result || keep) return await new PromiseDriver(call, sender, keep, result).run(next);
    if (next.body) result.trackBody?.(next.body);
    return result.value;
  } finally {
    call.end();
  }
}

/** Makes what is handed out of a good answer, so that it is kept. */
export type Keep<T> = (result: AttemptResult<T>) => T;

/** Whether nothing but the client takes part in an attempt: no hedge, observer, queue or other adapter. */
function isPlain(step: Step, call: CallMachine): step is Send {
  return step.do === 'send' && !step.hedge && !call.isObserved && !isNestingSeen();
}

/** Not async: without a limit it returns the client's own promise. */
function sendOnce<T, R>(call: CallMachine, step: Send, sender: Sender<T, R>): Promise<R> {
  const { request, entry, timeLeftMs } = call.target;
  if (step.limitMs > MAX_TIMER_MS) return sender.send(contextOf(step, request.signal, timeLeftMs));
  const errorOf = (lateMs: number): Error => call.target.attemptError(lateMs);
  const work = (signal: AbortSignal | undefined): Promise<R> => sender.send(contextOf(step, signal, timeLeftMs));
  const discardLate = (answer: R): void => sender.resultOf(answer).discard?.();
  return withinLimit(entry.clock, step.limitMs, errorOf, request.signal, work, discardLate);
}

function contextOf({ attempt, headers }: Send, signal: AbortSignal | undefined, timeLeftMs: number): AttemptContext {
  if (!headers) return signal ? { attempt, timeLeftMs, signal } : { attempt, timeLeftMs };
  return { attempt, timeLeftMs, headers, ...(signal ? { signal } : {}) };
}

/** Reports a response. One that no step hands out is discarded. */
function reportResult<T>(call: CallMachine, { req, at }: Send, result: AttemptResult<T>, now: number): Step {
  // From here on the client may destroy the source of a body that it no longer needs.
  call.target.request.bodyFailed?.();
  const shown = shownOf(result);
  const outcome = result.outcome as { -readonly [K in keyof HttpOutcome]: HttpOutcome[K] };
  outcome.durationMs = now - at;
  const isResponse = result.failure === undefined;
  if (isResponse ? isResponseExhausted(shown) : isExhausted(shown)) outcome.isExhausted = true;
  const step = call.head(req, outcome, shown, now);
  if (step.do === 'none' || step.do === 'set-aside' || (step.do === 'throw' && step.byHook)) result.discard?.();
  return step;
}

/** p-retry makes another attempt of what throws this, and of nothing else. */
class Again extends Error {
  readonly step: Sleep;

  constructor(step: Sleep) {
    super('another attempt follows');
    this.step = step;
  }
}

class PromiseDriver<T> {
  readonly #call: CallMachine;
  readonly #sender: Sender<T>;
  readonly #keep: Keep<T> | undefined;
  /** Of the last attempt. */
  #result: AttemptResult<T> | undefined;

  constructor(call: CallMachine, sender: Sender<T>, keep?: Keep<T>, result?: AttemptResult<T>) {
    this.#call = call;
    this.#sender = sender;
    this.#keep = keep;
    this.#result = result;
  }

  /** Goes on with this step. */
  async run(next: Step): Promise<T> {
    const step = await this.#tryOnce(next);
    return this.#finish(step.do === 'sleep' ? await this.#retry(step) : step);
  }

  /** Attempts 2 to n. */
  #retry(first: Sleep): Promise<Step> {
    let step: Sleep = first;
    const again = async (): Promise<Step> => {
      const next = await this.#tryOnce(await this.#wait(step));
      if (next.do !== 'sleep') return next;
      step = next;
      throw new Again(next);
    };
    const retries = (this.#call.target.settings.retry?.maxRetries ?? 1) - 1;
    return pRetry(again, { retries, minTimeout: 0, factor: 1, shouldRetry: ({ error }) => error instanceof Again });
  }

  /** Frees the old response, and waits. */
  async #wait({ ms, bufferMs }: Sleep): Promise<Step> {
    const call = this.#call;
    const { signal } = call.target.request;
    const result = this.#result;
    try {
      const buffered = result && abortable(this.#buffer(result, bufferMs), signal);
      await Promise.all([buffered, sleep(call.target.entry.clock, ms, signal)]);
      return call.due();
    } catch (error) {
      return call.aborted(error);
    }
  }

  async #buffer(result: AttemptResult<T>, bufferMs: number): Promise<void> {
    let isIntact = false;
    try {
      isIntact = (await result.release?.(bufferMs)) ?? true;
    } finally {
      this.#call.buffered(isIntact);
    }
  }

  /** Carries out one attempt, from the queue to its outcome. */
  async #tryOnce(step: Step): Promise<Step> {
    const next = step.do === 'park' ? await this.#park(step) : step;
    return next.do === 'send' ? this.#send(next) : next;
  }

  async #park({ turn }: Park): Promise<Step> {
    try {
      return this.#call.turn(await turn);
    } catch (error) {
      return this.#call.aborted(error);
    }
  }

  async #send(step: Send): Promise<Step> {
    this.#result = undefined;
    if (step.hedge) return this.#race(step, step.hedge);
    const call = this.#call;
    const outer = this.#asOuter();
    try {
      return this.#answered(step, outer.resultOf(await call.run(1, () => sendOnce(call, step, outer))));
    } catch (error) {
      return call.failed(1, this.#outcomeOf(error, step.at), error);
    }
  }

  /** A hedge of the attempt shares its limits. */
  async #race(step: Send, hedge: Hedge): Promise<Step> {
    const call = this.#call;
    const { request, entry } = call.target;
    const race = hedge.race<T>(call, {
      send: (each, signal) => call.run(each.req, () => this.#request(each, signal)),
      answered: (each, result) => this.#answered(each, result),
      failed: (each, error) => call.failed(each.req, this.#outcomeOf(error, each.at), error),
      stopped: (each, error) => call.stopped(this.#outcomeOf(error, each.at), error),
    });
    try {
      const work = (linked: AbortSignal | undefined): Promise<Step> => race.run(step, linked);
      const errorOf = (lateMs: number): Error => call.target.attemptError(lateMs);
      return await withinLimit(entry.clock, step.limitMs, errorOf, request.signal, work, () => undefined);
    } catch (error) {
      race.discard();
      return call.stopped(this.#outcomeOf(error, step.at), error);
    }
  }

  async #request(step: Send, signal: AbortSignal | undefined): Promise<AttemptResult<T>> {
    const outer = this.#asOuter();
    return outer.resultOf(await outer.send(contextOf(step, signal, this.#call.target.timeLeftMs)));
  }

  /** A client goes on as the inner one until it settles, even after a limit. */
  #asOuter(): Sender<T> {
    const sender = this.#sender;
    const origin = keyOf('origin', this.#call.target.request);
    return {
      send: context => runAsOuter(origin, () => sender.send(context)),
      resultOf: answer => sender.resultOf(answer),
    };
  }

  #answered(step: Send, result: AttemptResult<T>): Step {
    const next = reportResult(this.#call, step, result, this.#call.target.entry.clock.now());
    if (next.do !== 'none' && next.do !== 'set-aside') this.#result = result;
    return next;
  }

  #outcomeOf(error: unknown, startedAt: number): ReturnType<typeof outcomeOfError> {
    return outcomeOfError(error, this.#call.target.request, this.#call.target.entry.clock.now() - startedAt);
  }

  async #finish(last: Step): Promise<T> {
    let step = last;
    while (step.do === 'ask') step = await this.#ask(step);
    if (step.do === 'answer') return step.answer as T;
    const result = this.#result;
    if (step.do !== 'deliver' || !result) throw (step as Extract<Step, { do: 'throw' }>).error;
    const value = step.isGood && this.#keep ? this.#kept(result, this.#keep, step.body) : result.value;
    if (step.body) result.trackBody?.(step.body);
    return value;
  }

  #kept(result: AttemptResult<T>, keep: Keep<T>, body: Deliver['body']): T {
    try {
      return keep(result);
    } catch (error) {
      result.discard?.();
      body?.cancelled();
      throw error;
    }
  }

  /** The failing response goes to the source, which may hand it on; else its connection is freed. */
  async #ask(step: Ask): Promise<Step> {
    const { body } = step;
    const result = step.refused ? undefined : this.#result;
    try {
      const asked = step.source.answer(step);
      if (asked === undefined) return this.#call.unanswered();
      const answer = (await asked) as T;
      if (result && answer === result.value) {
        if (body) result.trackBody?.(body);
      } else this.#replace(step, answer);
      return this.#call.answered(answer);
    } catch (error) {
      this.#replace(step, undefined);
      return this.#call.answerFailed(error);
    }
  }

  #replace({ refused, body }: Ask, answer: T | undefined): void {
    if (!refused) this.#result?.discard?.(answer);
    body?.cancelled();
  }
}
