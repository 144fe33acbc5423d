/** How long everything is measured: in full for the published table, or in a quick look. */

export interface Effort {
  /** Processes for each subject; each gives one ratio. */
  readonly processes: number;
  /** Pairs of rounds within a process, and the calls in each round. */
  readonly rounds: number;
  readonly calls: number;
  /** Breakers whose memory is weighed. */
  readonly few: number;
  readonly many: number;
  /** How many where a million would take minutes to make and to collect. */
  readonly manyOfTheHeavy: number;
  readonly idleMs: number;
  /** Distinct keys after which the registry is weighed. */
  readonly keys: readonly number[];
  /** Slices of each kind for each client, and the milliseconds of a slice. */
  readonly pairs: number;
  readonly sliceMs: number;
}

export const FULL: Effort = {
  processes: 5,
  rounds: 60,
  calls: 20_000,
  few: 10_000,
  many: 1_000_000,
  manyOfTheHeavy: 100_000,
  idleMs: 5_000,
  keys: [100_000, 500_000, 1_000_000],
  pairs: 40,
  sliceMs: 250,
};

export const QUICK: Effort = {
  processes: 2,
  rounds: 20,
  calls: 10_000,
  few: 10_000,
  many: 100_000,
  manyOfTheHeavy: 20_000,
  idleMs: 2_000,
  keys: [20_000, 50_000, 100_000],
  pairs: 10,
  sliceMs: 150,
};
