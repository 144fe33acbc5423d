/** Who is compared, in the order of the tables. All have the same time limit for an attempt. */

import type { Contender } from './contender.ts';
import { OURS } from './ours.ts';
import { PEERS } from './peers.ts';

export const CONTENDERS: readonly Contender[] = [...PEERS, ...OURS];
