export { SERIES_DEFAULTS as COLLECT_DEFAULTS } from '@cutout/http/series';
export { type CollectOptions, collectMetrics } from './collect-metrics.ts';
