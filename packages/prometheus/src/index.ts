export { type CollectOptions, collectMetrics } from './collect-metrics.ts';
export { COLLECT_DEFAULTS } from './options.ts';
