/** Where a call goes now: its request, the key of that request, and the options for that key. */

import type { HttpRequest } from '../outcome/request.ts';
import type { KeyEntry } from '../policy/key-state.ts';
import type { Settings } from '../policy/options.ts';

/** How a policy finds the key of a request, and its options. */
export interface Targets {
  /** Called for each attempt: the registry may have made another breaker since, and a redirect may lead to another key. */
  readonly entryOf: (request: HttpRequest) => KeyEntry;
  /** The options of a key, under what the call overrides. */
  readonly settingsOf: (entry: KeyEntry) => Settings;
  readonly request: HttpRequest;
}

export class CallTarget {
  readonly #targets: Targets;
  request: HttpRequest;
  entry: KeyEntry;
  settings: Settings;

  constructor(targets: Targets) {
    this.#targets = targets;
    this.request = targets.request;
    this.entry = targets.entryOf(targets.request);
    this.settings = targets.settingsOf(this.entry);
  }

  /** @throws what a `key` function of the user's throws. */
  moveTo(request: HttpRequest): void {
    this.request = request;
    const entry = this.#targets.entryOf(request);
    if (entry === this.entry) return;
    this.entry = entry;
    this.settings = this.#targets.settingsOf(entry);
  }
}
