/** Calls that an adapter refuses, beside those of the bare client that fail by themselves. */

import { STUBBED, type StubbedName } from '../../stubbed/all.ts';
import { ORIGIN, type Send } from '../../stubbed/stubbed.ts';
import { inTurns, type Loop, type Rounds, type Timed } from './in-turns.ts';

export interface RefusedByAdapterInput extends Rounds {
  readonly client: StubbedName;
}

export async function refusedByAdapter({ client, ...rounds }: RefusedByAdapterInput): Promise<Timed> {
  const { failing, guarded, policy } = (await STUBBED[client]())({ retry: false });
  policy.breaker(ORIGIN).isolate();
  return inTurns(failingLoop(failing), refusedLoop(guarded), rounds);
}

let ended = 0;

/** Takes note of an error, so that none can be left out as unused. */
function seen(error: unknown): void {
  if (!(error instanceof Error)) throw new TypeError(`a failure must be an error, got ${String(error)}`);
  ended += 1;
}

function failingLoop(send: Send): Loop {
  return async calls => {
    const due = ended + calls;
    for (let i = 0; i < calls; i++) await send().catch(seen);
    if (ended !== due) throw new Error('a call of the bare client has not failed');
  };
}

function refusedLoop(send: Send): Loop {
  return async calls => {
    const due = ended + calls;
    for (let i = 0; i < calls; i++) await send().catch(seen);
    if (ended !== due) throw new Error('a call has not been refused');
  };
}
