/** Compares calls refused by an open circuit with an error thrown and caught by hand. */

import { type RefuserName, refuserOf } from '../subjects/all.ts';
import { expectNoted, refuseBare } from '../subjects/subject.ts';
import { inTurns, type Rounds, type Timed } from './in-turns.ts';

export async function refused({ name, ...rounds }: Rounds & { readonly name: RefuserName }): Promise<Timed> {
  const refuser = await refuserOf(name);
  let due = 0;
  const counted = (loop: (calls: number) => Promise<void>) => (calls: number) => {
    due += calls;
    return loop(calls);
  };
  const result = await inTurns(counted(refuseBare), counted(refuser.refused), rounds);
  expectNoted(due);
  return result;
}
