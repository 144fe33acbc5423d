/** Carries out the steps of a call for clients that answer with a promise: fetch and axios. */

import pRetry from 'p-retry';
import type { Hedge } from '../hedge/hedge-rules.ts';
import { abortReason, isAborted } from '../outcome/signals.ts';
import { abortable, sleep } from '../outcome/sleep.ts';
import { withinLimit } from '../outcome/time-limits.ts';
import { keyOf } from '../policy/key.ts';
import { type Attempt, type AttemptResult, outcomeOfError, shownOf } from './attempt.ts';
import type { CallMachine } from './call-machine.ts';
import { runAsOuter, wasGivenUp } from './nesting.ts';
import type { Ask, Park, Req, Send, Sleep, Step } from './step.ts';

/** Runs the call to its end. Rejects with the client's own error, the caller's own reason, or the refusal. */
export async function drive<T>(call: CallMachine, attempt: Attempt<T>, keep?: Keep<T>): Promise<T> {
  try {
    if (isAborted(call.request.signal)) throw abortReason(call.request.signal);
    return await new PromiseDriver(call, attempt, keep).run();
  } finally {
    call.end();
  }
}

/** Keeps a good answer, and returns what is handed out in its place. */
export type Keep<T> = (result: AttemptResult<T>) => AttemptResult<T>;

/** p-retry makes another attempt of what throws this, and of nothing else. */
class Again extends Error {
  readonly step: Sleep;

  constructor(step: Sleep) {
    super('another attempt follows');
    this.step = step;
  }
}

export class PromiseDriver<T> {
  readonly #call: CallMachine;
  readonly #attempt: Attempt<T>;
  readonly #keep: Keep<T> | undefined;
  /** Of the last attempt. */
  #result: AttemptResult<T> | undefined;

  constructor(call: CallMachine, attempt: Attempt<T>, keep: Keep<T> | undefined) {
    this.#call = call;
    this.#attempt = attempt;
    this.#keep = keep;
  }

  async run(): Promise<T> {
    const step = await this.#tryOnce(this.#call.start());
    // Most calls end with their first attempt, and need no loop.
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
    const retries = (this.#call.settings.retry?.maxRetries ?? 1) - 1;
    return pRetry(again, { retries, minTimeout: 0, factor: 1, shouldRetry: ({ error }) => error instanceof Again });
  }

  /** Frees the old response, and waits. */
  async #wait({ ms, bufferMs }: Sleep): Promise<Step> {
    const call = this.#call;
    const { signal } = call.request;
    const result = this.#result;
    try {
      const buffered = result && abortable(this.#buffer(result, bufferMs), signal);
      await Promise.all([buffered, sleep(call.entry.clock, ms, signal)]);
      return call.due();
    } catch (error) {
      return call.aborted(error);
    }
  }

  async #buffer({ release }: AttemptResult<T>, bufferMs: number): Promise<void> {
    let isIntact = false;
    try {
      isIntact = (await release?.(bufferMs)) ?? true;
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
    const startedAt = this.#call.entry.clock.now();
    try {
      const { request } = this.#call;
      const work = (signal: AbortSignal | undefined): Promise<AttemptResult<T>> => this.#request(step, signal);
      const limited = (): Promise<AttemptResult<T>> =>
        withinLimit(
          this.#call.entry.clock,
          step.limitMs,
          lateMs => this.#call.time.attemptError(lateMs),
          request.signal,
          work,
          discard,
        );
      return this.#answered(1, await this.#call.run(1, limited), startedAt);
    } catch (error) {
      return this.#call.failed(1, this.#outcomeOf(error, startedAt), error);
    }
  }

  /** A hedge of the attempt shares its limits. */
  async #race(step: Send, hedge: Hedge): Promise<Step> {
    const call = this.#call;
    const startedAt = this.#call.entry.clock.now();
    const race = hedge.race<T>(call, {
      send: (each, signal) => call.run(each.req, () => this.#request(each, signal)),
      answered: (req, result, sentAt) => this.#answered(req, result, sentAt),
      failed: (req, error, sentAt) => call.failed(req, this.#outcomeOf(error, sentAt), error),
      stopped: (error, sentAt) => call.stopped(this.#outcomeOf(error, sentAt), error),
    });
    try {
      const { signal } = call.request;
      const work = (linked: AbortSignal | undefined): Promise<Step> => race.run(step, linked);
      return await withinLimit(
        this.#call.entry.clock,
        step.limitMs,
        lateMs => call.time.attemptError(lateMs),
        signal,
        work,
        () => race.discard(),
      );
    } catch (error) {
      return call.stopped(this.#outcomeOf(error, startedAt), error);
    }
  }

  #request({ attempt, headers }: Send, signal: AbortSignal | undefined): Promise<AttemptResult<T>> {
    const { request, timeLeftMs } = this.#call;
    return runAsOuter(keyOf('origin', request), () =>
      this.#attempt({ attempt, timeLeftMs, ...(signal ? { signal } : {}), ...(headers ? { headers } : {}) }),
    );
  }

  #answered(req: Req, result: AttemptResult<T>, startedAt: number): Step {
    const durationMs = this.#call.entry.clock.now() - startedAt;
    // From here on the client may destroy the source of a body that it no longer needs.
    this.#call.request.bodyFailed?.();
    const shown = shownOf(result);
    const step = this.#call.head(req, { ...result.outcome, givenUp: wasGivenUp(shown), durationMs }, shown);
    if (step.do === 'none' || step.do === 'set-aside' || (step.do === 'throw' && step.byHook)) discard(result);
    else this.#result = result;
    return step;
  }

  #outcomeOf(error: unknown, startedAt: number): ReturnType<typeof outcomeOfError> {
    return outcomeOfError(error, this.#call.request, this.#call.entry.clock.now() - startedAt);
  }

  async #finish(last: Step): Promise<T> {
    let step = last;
    while (step.do === 'ask') step = await this.#ask(step);
    if (step.do === 'answer') return step.answer as T;
    const result = this.#result;
    if (step.do !== 'deliver' || !result) throw (step as Extract<Step, { do: 'throw' }>).error;
    const given = (step.isGood ? this.#keep?.(result) : undefined) ?? result;
    if (step.body) given.watchBody?.(step.body);
    return given.value;
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
        if (body) result.watchBody?.(body);
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

function discard(result: AttemptResult<unknown>): void {
  result.discard?.();
}
