export { staleIfError } from './stale-if-error.ts';
export { STALE_DEFAULTS, type StaleOptions } from './stale-options.ts';
