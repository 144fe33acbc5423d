/** Compares calls through a closed circuit with the same calls without one. */

import { type SubjectName, subjectOf } from '../subjects/all.ts';
import { callBare } from '../subjects/subject.ts';
import { inTurns, type Rounds, type Timed } from './in-turns.ts';

export async function closed({ name, ...rounds }: Rounds & { readonly name: SubjectName }): Promise<Timed> {
  const subject = await subjectOf(name);
  const breaker = subject.create();
  return inTurns(callBare, calls => subject.call(breaker, calls), rounds);
}
