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
