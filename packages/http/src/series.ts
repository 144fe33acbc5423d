/** For packages that show the numbers of policies elsewhere. */

export { HOST_ATTRIBUTES, hostAttributesOf } from './series/host-attributes.ts';
export {
  type Attributes,
  COUNTERS,
  type Instrument,
  LEVELS,
  POLICY_COUNTERS,
  POLICY_LEVELS,
} from './series/instruments.ts';
export { type HostSeries, type PolicyNumbers, PolicySeries, type Sample } from './series/policy-series.ts';
export {
  type CheckedSeries,
  checkSeriesOptions,
  SERIES_DEFAULTS,
  type SeriesOptions,
} from './series/series-options.ts';
