/** The rules of a policy for some of its hosts, checked: one scope for each entry of `hosts`, and one for all others. */

import type { BreakerOptions } from '@cutout/core';
import { HostTable, pathOf } from './host-table.ts';
import {
  breakerOptionsOf,
  checkHostOptions,
  checkPolicyOptions,
  type HttpCallOptions,
  type HttpHostOptions,
  type HttpPolicyOptions,
  overrideRules,
  type Settings,
  withHostOptions,
} from './options.ts';

/** A call without overrides. */
export const NO_OVERRIDES: Exclude<HttpCallOptions, false> = Object.freeze({});

export class Scope {
  readonly settings: Settings;
  readonly breaker: BreakerOptions;
  readonly #options: HttpPolicyOptions;
  /** Settings of call options seen before, so that an object used for every call is checked once. */
  readonly #overrides = new WeakMap<object, Settings>();

  /** `options`: the policy's, with those of the host laid over them. */
  constructor(options: HttpPolicyOptions, path = '') {
    this.#options = options;
    this.settings = checkPolicyOptions(options, path);
    this.breaker = breakerOptionsOf(options, path);
  }

  /** @throws TypeError or RangeError for bad options. */
  settingsOf(call: Exclude<HttpCallOptions, false>): Settings {
    if (call === NO_OVERRIDES) return this.settings;
    const known = this.#overrides.get(call);
    if (known) return known;
    const settings = overrideRules(this.#options, call);
    this.#overrides.set(call, settings);
    return settings;
  }
}

/** The scopes of `hosts`; undefined where there are none. @throws TypeError or RangeError, with the path of the mistake. */
export function scopesOf(options: HttpPolicyOptions): HostTable<Scope> | undefined {
  const { hosts, key } = options;
  if (hosts === undefined) return undefined;
  const entries = Object.entries(hosts).map(([name, host]) => [name, scopeOf(options, name, host)] as const);
  return new HostTable(entries, typeof key === 'function');
}

function scopeOf(policy: HttpPolicyOptions, name: string, host: HttpHostOptions): Scope {
  const path = pathOf(name);
  checkHostOptions(host, policy, path);
  return new Scope(withHostOptions(policy, host), path);
}
