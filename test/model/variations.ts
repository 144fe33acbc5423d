/** Properties of two runs with equal results: each repeats a schedule with a change. */

import type { Coverage } from './coverage.ts';
import type { ModelCall } from './model.ts';
import { holds, type Played, PropertyError, same } from './properties.ts';
import { LONGEST_OPEN_MS, type Rules } from './rules.ts';
import { type Act, refusal, Stage, type Start } from './stage.ts';

/** Calls in flight that are now slow, earlier counts, or restored rules may open it again. */
const ROUNDS = 4;

export function checkVariations(played: Played, coverage: Coverage): void {
  replayed(played, coverage);
  elsewhereByTheWall(played, coverage);
  withoutNeutral(played, coverage);
  withoutStale(played, coverage);
  recovers(played, coverage);
}

/** 7 and 12: the same steps without listeners and without readings in between. */
function replayed(played: Played, coverage: Coverage): void {
  compare(
    '7 replaying the events gives the present state; 12 reading changes nothing',
    played,
    played.acts,
    played.schedule,
  );
  coverage.hit('variation: replayed without readings');
}

/** 9: another date; and other steps of the wall clock, if nothing was restored by it. */
function elsewhereByTheWall(played: Played, coverage: Coverage): void {
  const { acts, schedule } = played;
  const restores = acts.some(act => act.do === 'restore');
  const moved = restores ? acts : acts.map(act => (act.do === 'wall' ? { ...act, ms: 7 - 3 * act.ms } : act));
  compare('9 shifting the wall clock changes nothing', played, moved, {
    ...schedule,
    wallAt: schedule.wallAt - 1.7e12,
  });
  coverage.hit('variation: wall clock elsewhere');
}

/**
 * 8: neutral calls that took no permit from another call have no effect. With timed calls in flight they do have one, by
 * existing.
 */
function withoutNeutral(played: Played, coverage: Coverage): void {
  if (timesCalls(played)) return;
  const neutral = new Set([...played.calls].filter(([, call]) => isNeutral(call, played)).map(([id]) => id));
  if (neutral.size === 0) return;
  const acts = played.acts.filter(act => !('id' in act) || !neutral.has(act.id));
  compare('8 removing neutral calls changes nothing', played, acts, played.schedule);
  coverage.hit('variation: without neutral calls');
  coverage.hit('neutral calls removed', neutral.size);
}

function isNeutral({ period, answers: [first] }: ModelCall, { crowded }: Played): boolean {
  if (first?.what !== 'ignore') return false;
  return period.state === 'closed' || (first.countedBy === period && !crowded.has(period));
}

/** 3: the report of a call of an earlier period has no effect. */
function withoutStale(played: Played, coverage: Coverage): void {
  if (timesCalls(played)) return;
  const isStale = (act: Act): boolean => played.answers.has(act) && played.answers.get(act)?.countedBy === undefined;
  const acts = played.acts.filter(act => !isStale(act));
  if (acts.length === played.acts.length) return;
  compare('3 an answer from an earlier period changes nothing', played, acts, played.schedule);
  coverage.hit('variation: without stale answers');
}

/** 6: silence, then successes: the circuit closes within a bounded time, and stays closed. */
function recovers({ acts, schedule, reading }: Played, coverage: Coverage): void {
  const property = '6 silence and then successes close it in bounded time';
  const stage = playAll(acts, schedule);
  same('6 the copy starts from the present state', stage.reading(), reading);
  const { rules } = stage;
  if (rules.mode === 'off') return;
  coverage.hit(`recovery: from ${stage.breaker.state}`);
  // An isolated circuit stays isolated: only a call by hand releases it.
  stage.breaker.release();
  for (let round = 0; round < ROUNDS; round++) {
    stage.now += silenceMs(rules);
    succeed(stage, rules.successThreshold);
    if (stage.breaker.state === 'closed') break;
  }
  same(property, stage.breaker.state, 'closed');
  for (let round = 0; round < 2; round++) {
    stage.now += silenceMs(rules);
    succeed(stage, 70);
  }
  same(`${property}, and it stays closed`, stage.breaker.state, 'closed');
  holds(property, stage.act({ do: 'start', id: -1 }) === 'in', 'refuses calls');
}

/** Longer than any lease and the open time after it. */
function silenceMs({ probeTimeoutMs }: Rules): number {
  return probeTimeoutMs + LONGEST_OPEN_MS;
}

function succeed(stage: Stage, times: number): void {
  for (let i = 0; i < times; i++) {
    stage.act({ do: 'start', id: -1 });
    stage.act({ do: 'answer', id: -1, how: 'success' });
    stage.permits.delete(-1);
  }
}

function compare(property: string, played: Played, acts: readonly Act[], start: Start): void {
  const starts = new Map<number, string | undefined>();
  const stage = new Stage(start);
  for (const act of acts) {
    const result = stage.act(act);
    if (act.do === 'start') starts.set(act.id, result);
  }
  for (const [id, result] of starts) same(property, result, played.starts.get(id));
  same(property, stage.reading(), played.reading);
}

function playAll(acts: readonly Act[], start: Start): Stage {
  const stage = new Stage(start);
  for (const act of acts) stage.act(act);
  return stage;
}

function timesCalls({ acts, schedule }: Played): boolean {
  const all = [schedule.rules, ...acts.flatMap(act => ('rules' in act ? [act.rules] : []))];
  return all.some(({ trips }) => trips.some(trip => trip.type === 'rate' && trip.slowCall));
}

/** A permit acts like a plain function call: the same schedule through `execute` and its fast path. */
export async function checkPlainCalls(played: Played, coverage: Coverage): Promise<void> {
  if (!played.schedule.plain || beginsTiming(played)) return;
  const stage = new PlainStage(played.schedule);
  for (const act of played.acts) {
    const result = stage.act(act);
    // The call's own reaction, then that of the caller.
    for (let turn = 0; turn < 3; turn++) await undefined;
    if (act.do === 'start')
      same(
        '13 execute admits as a permit does',
        result ?? (await stage.refusals.get(act.id)),
        played.starts.get(act.id),
      );
  }
  same('13 execute counts as a permit does', stage.reading(), played.reading);
  coverage.hit('variation: as plain calls');
}

/** Later rules cannot count a call as slow if it began untimed. */
function beginsTiming({ acts }: Played): boolean {
  return acts.some(
    act => act.do === 'reconfigure' && act.rules.trips.some(trip => trip.type === 'rate' && trip.slowCall),
  );
}

type Settle = { readonly resolve: (value: unknown) => void; readonly reject: (error: Error) => void };

class PlainStage extends Stage {
  readonly refusals = new Map<number, Promise<string>>();
  readonly #running = new Map<number, Settle>();

  protected override start(id: number): string | undefined {
    let admission: string | undefined;
    const result = this.breaker.execute(() => {
      admission = 'in';
      return new Promise((resolve, reject) => this.#running.set(id, { resolve, reject }));
    });
    this.refusals.set(
      id,
      result.then(() => '', refusalOf),
    );
    return admission;
  }

  protected override answer({ id, how }: Extract<Act, { do: 'answer' }>): undefined {
    const call = this.#running.get(id);
    if (how === 'success') call?.resolve('good');
    else if (how === 'failure') call?.reject(new Error('down'));
    else throw new PropertyError('13 execute counts as a permit does', `no plain call answers ${how}`);
  }
}

function refusalOf(error: unknown): string {
  return error instanceof Error && 'retryAfterMs' in error ? refusal(error as never) : String(error);
}
