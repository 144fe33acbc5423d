/** For packages that show the numbers of policies elsewhere. */

export { HOST_ATTRIBUTES, hostAttributesOf } from './observe/series/host-attributes.ts';
export {
  type Attributes,
  COUNTERS,
  type Instrument,
  LEVELS,
  POLICY_COUNTERS,
  POLICY_LEVELS,
} from './observe/series/instruments.ts';
export { type HostSeries, type PolicyNumbers, PolicySeries, type Sample } from './observe/series/policy-series.ts';
export {
  type CheckedSeries,
  checkSeriesOptions,
  SERIES_DEFAULTS,
  type SeriesOptions,
} from './observe/series/series-options.ts';
