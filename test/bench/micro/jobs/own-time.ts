/** The time that an adapter adds to a client which answers at once. */

import { STUBBED, type StubbedName } from '../../stubbed/all.ts';
import { type Send, TIME_LIMIT } from '../../stubbed/stubbed.ts';
import { inTurns, type Loop, type Rounds, type Timed } from './in-turns.ts';

export interface OwnTimeInput extends Rounds {
  readonly client: StubbedName;
  readonly limited: boolean;
}

export async function ownTime({ client, limited, ...rounds }: OwnTimeInput): Promise<Timed> {
  const { bare, guarded } = (await STUBBED[client]())(limited ? TIME_LIMIT : {});
  return inTurns(bareLoop(bare), guardedLoop(guarded), rounds);
}

/** Two functions of the same text, so that neither is optimised for the calls of the other. */
function bareLoop(send: Send): Loop {
  return async calls => {
    for (let i = 0; i < calls; i++) await send();
  };
}

function guardedLoop(send: Send): Loop {
  return async calls => {
    for (let i = 0; i < calls; i++) await send();
  };
}
