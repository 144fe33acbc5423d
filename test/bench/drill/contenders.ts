/** The contenders, in the order of the tables. All have the same attempt time limit. */

import type { Contender } from './contender.ts';
import { OURS } from './ours.ts';
import { PEERS } from './peers.ts';

export const CONTENDERS: readonly Contender[] = [...PEERS, ...OURS];
