/** The promises for stale answers: served if there is one, and never otherwise. */

import { check, type Kept } from './kept.ts';
import type { PhaseResult, Result } from './measure.ts';

/** Phases whose number depends on how soon the circuit opens: reported, without a promise. */
const REPORTED = ['hanging', '50 % 503', '429', 'truncated'];

export function stalePromises(ours: readonly Result[]): readonly Kept[] {
  return [
    allSeenAnswered(ours.filter(({ stale }) => stale)),
    check(
      'no stale answer to a POST or PUT',
      ours.filter(({ staleWrites }) => staleWrites > 0).map(({ name, staleWrites }) => `${name}: ${staleWrites}`),
    ),
    check(
      "every answer has the server's body for its method and path",
      ours.filter(({ wrongBodies }) => wrongBodies > 0).map(({ name, wrongBodies }) => `${name}: ${wrongBodies}`),
    ),
  ];
}

/** The check needs some paths that had been seen, and some that had not. */
function allSeenAnswered(keeping: readonly Result[]): Kept {
  const dead = keeping.map(result => phaseOf(result, 'dead'));
  return {
    promise: 'with staleIfError, every GET of the dead phase for a path seen before is answered',
    holds: dead.length > 0 && dead.every(({ seen }) => seen.calls > 0 && seen.answered === seen.calls),
    seen: keeping
      .map(result => `${result.name}: ${['dead', ...REPORTED].map(name => shareSeen(result, name)).join(', ')}`)
      .join('; '),
  };
}

function shareSeen(result: Result, name: string): string {
  const { seen } = phaseOf(result, name);
  return `${name} ${seen.answered} of ${seen.calls}`;
}

export function phaseOf({ byPhase }: Result, name: string): PhaseResult {
  const found = byPhase.find(({ phase }) => phase === name);
  if (!found) throw new RangeError(`name must be that of a phase, got "${name}"`);
  return found;
}
