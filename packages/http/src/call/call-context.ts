/** What a policy gives each of its calls: where its keys and options come from, and who is to know of it. */

import type { BulkheadFullError, CircuitOpenError } from '@cutout/core';
import type { FallbackAdapter } from '../fallback/fallback.ts';
import type { HttpEvents } from '../observe/events.ts';
import type { Observers } from '../observe/observer.ts';
import type { HttpRequest } from '../outcome/request.ts';
import type { KeyState } from '../policy/key-state.ts';
import type { HttpCallOptions, HttpRules, Settings } from '../policy/options.ts';
import { withoutRetries } from '../retry/without-retries.ts';
import type { Targets } from './call-target.ts';
import type { ReplacementContext } from './replacements.ts';

/** The parts of a policy that a call needs. */
export interface PolicyParts {
  readonly events: HttpEvents;
  readonly observers: Observers;
  /** @throws what a `key` function of the user's throws. */
  entryFor(request: HttpRequest, key: string | undefined): KeyState;
}

/** Why an attempt was not made: an open circuit, a strategy, or no time left in a queue. */
export type AttemptRefusal = CircuitOpenError | BulkheadFullError | Error;

export class CallContext implements Targets, ReplacementContext {
  readonly events: HttpEvents;
  readonly observers: Observers;
  readonly adapter: FallbackAdapter | undefined;
  readonly #policy: PolicyParts;
  readonly #overrides: Exclude<HttpCallOptions, false>;
  /** Whether it is made inside a call of an outer adapter, to which all further attempts are left. */
  readonly #isNested: boolean;

  constructor(
    policy: PolicyParts,
    overrides: Exclude<HttpCallOptions, false>,
    adapter: FallbackAdapter | undefined,
    isNested: boolean,
  ) {
    this.events = policy.events;
    this.observers = policy.observers;
    this.adapter = adapter;
    this.#policy = policy;
    this.#overrides = overrides;
    this.#isNested = isNested;
  }

  get ownFallback(): HttpRules['fallback'] {
    return this.#overrides.fallback;
  }

  entryOf(request: HttpRequest): KeyState {
    return this.#policy.entryFor(request, this.#overrides.key);
  }

  settingsOf(entry: KeyState): Settings {
    const settings = entry.settingsOf(this.#overrides);
    return this.#isNested ? withoutRetries(settings) : settings;
  }
}
