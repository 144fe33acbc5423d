/** The names of a circuit's states, and of the reasons for its refusals and transitions. */

export type BreakerState = 'closed' | 'open' | 'half-open' | 'isolated';

/** Why a call is refused: the state, or a closed circuit that admits only a share of calls. */
export type RefusalReason = Exclude<BreakerState, 'closed'> | 'recovery' | 'throttle';

/** Why a circuit changed its state. */
export type TransitionReason =
  | 'consecutive'
  | 'rate'
  | 'slow'
  | 'adaptive'
  | 'custom'
  | 'open-elapsed'
  | 'probes-ok'
  | 'probe-failed'
  | 'probe-expired'
  | 'probe-body'
  | 'manual'
  | 'restore';
