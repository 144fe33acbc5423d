/** The checked options of a policy: one `HostOptions` for each entry of `hosts`, and one for all other hosts. */

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
  type ResolvedOptions,
  withHostOptions,
} from './options.ts';

/** A call without overrides. */
export const NO_OVERRIDES: Exclude<HttpCallOptions, false> = Object.freeze({});

export class HostOptions {
  readonly settings: ResolvedOptions;
  readonly breaker: BreakerOptions;
  readonly #options: HttpPolicyOptions;
  /** Options of calls seen before, so that an object used for every call is checked once. */
  readonly #overrides = new WeakMap<object, ResolvedOptions>();

  /** `options`: the policy's, merged with those of the host. */
  constructor(options: HttpPolicyOptions, path = '') {
    this.#options = options;
    this.settings = checkPolicyOptions(options, path);
    this.breaker = breakerOptionsOf(options, path);
  }

  /** @throws TypeError or RangeError for bad options. */
  settingsOf(call: Exclude<HttpCallOptions, false>): ResolvedOptions {
    if (call === NO_OVERRIDES) return this.settings;
    const known = this.#overrides.get(call);
    if (known) return known;
    const settings = overrideRules(this.#options, call);
    this.#overrides.set(call, settings);
    return settings;
  }
}

/** The checked `hosts`; undefined without any. @throws TypeError or RangeError whose message names the path. */
export function hostTableOf(options: HttpPolicyOptions): HostTable<HostOptions> | undefined {
  const { hosts, key } = options;
  if (hosts === undefined) return undefined;
  const entries = Object.entries(hosts).map(([name, host]) => [name, hostOptionsOf(options, name, host)] as const);
  return new HostTable(entries, typeof key === 'function');
}

function hostOptionsOf(policy: HttpPolicyOptions, name: string, host: HttpHostOptions): HostOptions {
  const path = pathOf(name);
  checkHostOptions(host, policy, path);
  return new HostOptions(withHostOptions(policy, host), path);
}
