/** What may take the place of a failure: kept answers, then the fallback. The failure stands where none of them answers. */

import { type FallbackAdapter, FallbackRunner, nearestFallback } from '../fallback/fallback.ts';
import type { HttpEvents } from '../observe/events.ts';
import type { HttpRules } from '../policy/options.ts';
import type { AttemptEnd } from '../retry/retry-wait.ts';
import type { CallTarget } from './call-target.ts';
import type { AnswerSource, Ask, Deliver, Throw } from './step.ts';

/** What the sources are asked about. */
type Failure = Omit<Ask, 'do' | 'source'>;

/** Where a fallback may come from, beside the options of the host. */
export interface ReplacementContext {
  readonly events: HttpEvents;
  /** What the call overrides. */
  readonly ownFallback: HttpRules['fallback'];
  readonly adapter: FallbackAdapter | undefined;
}

/** Whether there may be a fallback, which needs the context in which its call began. */
export function mayFallBack({ adapter, ownFallback }: ReplacementContext, { settings }: CallTarget): boolean {
  return (ownFallback ?? adapter?.fallback ?? settings.fallback) !== undefined;
}

export class Replacements {
  readonly #target: CallTarget;
  readonly #fallback: FallbackRunner | undefined;
  #kept: AnswerSource | undefined;
  /** Those that are still to be asked. */
  #left: AnswerSource[] = [];
  #failure: Failure | undefined;
  #end: Deliver | Throw | undefined;

  constructor(target: CallTarget, context: ReplacementContext) {
    this.#target = target;
    const nearest = nearestFallback(context.ownFallback, context.adapter?.fallback, target.settings.fallback);
    if (nearest) this.#fallback = new FallbackRunner(nearest, context);
  }

  /** Whether there is anything that may. */
  get any(): boolean {
    return this.#fallback !== undefined || this.#kept !== undefined;
  }

  /** Kept answers, which come before the fallback. */
  keep(kept: AnswerSource): void {
    this.#kept = kept;
  }

  /** After an attempt: hands its outcome out, unless it is bad and another answer takes its place. */
  after({ shown, hasResponse, status, isBad, body }: AttemptEnd): Ask | Deliver | Throw {
    const end: Deliver | Throw = hasResponse
      ? { do: 'deliver', isGood: !isBad, body }
      : { do: 'throw', error: shown, byHook: false };
    if (!isBad) return end;
    return this.#ask({ failure: shown, status: hasResponse ? status : undefined, refused: false, body }, end);
  }

  /** After a refusal. `last`: of an attempt before it, whose response is gone. */
  afterRefusal(refusal: Error, refused: boolean, last: AttemptEnd | undefined): Ask | Deliver | Throw {
    const failure = last ? Object.assign(refusal, { lastStatus: last.status }) : refusal;
    const end = { do: 'throw', error: failure, byHook: false } as const;
    return this.#ask({ failure, status: undefined, refused, body: undefined }, end);
  }

  /** @param end What follows where no source answers. */
  #ask(failure: Failure, end: Deliver | Throw): Ask | Deliver | Throw {
    const { request, entry, settings } = this.#target;
    const limits = { totalTimeoutMs: settings.totalTimeoutMs, timeLeftMs: this.#target.timeLeftMs };
    const fallback = this.#fallback?.within(request, entry, limits);
    this.#left = [this.#kept, fallback].filter(source => source !== undefined);
    this.#failure = failure;
    this.#end = end;
    return this.next();
  }

  /** The next source, or the end. */
  next(): Ask | Deliver | Throw {
    const source = this.#left.shift();
    return source ? { do: 'ask', source, ...(this.#failure as Failure) } : (this.#end as Deliver | Throw);
  }
}
