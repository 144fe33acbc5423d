/** Which hosts have series of their own, and what they are called: hosts are many, and their names may be a stranger's choice. */

import { checkFunction, checkNumber, type Options, POSITIVE_INTEGER } from '@cutout/core/internal';

/** What the options of every bridge have. */
export interface SeriesOptions {
  /**
   * Hosts that get series of their own, a positive integer: first those that `hosts` names, then those in use. A host that
   * has been idle for 10 minutes gives its series up for another. All others are summed under `_other`. @default 100
   */
  readonly maxHosts?: number;
  /**
   * What a key is called, in place of its host and port; keys of one name share its series. One that throws, or returns
   * anything but a non-empty string, is reported once, and such keys are counted under `_other`.
   */
  readonly hostLabel?: (key: string) => string;
}

/** Defaults. */
export const SERIES_DEFAULTS = { maxHosts: 100 } as const;

/** {@link SeriesOptions} with defaults, as {@link checkSeriesOptions} returns them. */
export interface CheckedSeries {
  readonly maxHosts: number;
  readonly hostLabel: ((key: string) => string) | undefined;
}

/** Checks these two of a bridge's options. @throws TypeError or RangeError that names the path and the value. */
export function checkSeriesOptions({ maxHosts, hostLabel }: Options): CheckedSeries {
  return {
    maxHosts: checkNumber('maxHosts', maxHosts, POSITIVE_INTEGER, SERIES_DEFAULTS.maxHosts),
    hostLabel: checkFunction('hostLabel', hostLabel as SeriesOptions['hostLabel']),
  };
}
