/** The three verdicts on a host's health. */

/**
 * `success` and `failure` are evidence. `ignore` is none: a caller's abort or a bad request neither trips a circuit
 * nor closes one.
 */
export type Verdict = 'success' | 'failure' | 'ignore';

/** How far a call has come when it is judged: at good headers, with the body still to come, or when that body ended. */
export type Stage = 'headers' | 'body';
