/** The plan of one run, drawn from its seed. */

import type { BodyName } from './bodies.ts';
import { Chance } from './chance.ts';
import type { Subject } from './clients/subject.ts';
import { ALERT, CALL, LOG, LOGGER, OBSERVER, POLICY } from './entries/http.ts';
import { COLLECT, DASHBOARD, INSTRUMENT } from './entries/readers.ts';
import type { Entry, Way } from './entry.ts';
import { STEPS, type StepName } from './hostile-server.ts';
import { READER_NAMES, type ReaderName } from './readers.ts';
import { REASONS, SIGNALS, type SignalMake } from './signals.ts';

export type Place =
  | 'policy'
  | 'own'
  | 'call'
  | 'client'
  | 'observer'
  | 'alert'
  | 'logger'
  | 'log'
  | 'listener'
  | ReaderName;

/** One faulty value. */
interface Mutation {
  readonly place: Place;
  readonly option: string;
  readonly way: Way;
}

export interface Plan {
  readonly seed: number;
  readonly mutations: readonly Mutation[];
  readonly steps: readonly StepName[];
  readonly calls: number;
  readonly together: boolean;
  readonly method: string;
  readonly body: BodyName;
  readonly api: string;
  readonly signal: SignalMake | undefined;
  /** `undefined`: never. */
  readonly abortAfterMs: number | undefined;
  readonly reason: keyof typeof REASONS;
  readonly reader: 'read' | 'half' | 'cancel' | 'ignore';
  /** Whether valid options are drawn too. */
  readonly rich: boolean;
}

const LISTENER: Readonly<Record<string, Entry>> = { listener: LOGGER.info };

type Drawable = Pick<Subject, 'own' | 'client' | 'refuses' | 'options'>;

function without(entries: Readonly<Record<string, Entry>>, names: readonly string[]): Readonly<Record<string, Entry>> {
  return Object.fromEntries(Object.entries(entries).filter(([name]) => !names.includes(name)));
}

/** The options of each place. */
function entriesAt(place: Place, subject: Drawable): Readonly<Record<string, Entry>> {
  // Without an HTTP policy there is nothing that belongs to one.
  if (subject.options && !['policy', 'own', 'client'].includes(place)) return {};
  switch (place) {
    case 'policy': {
      // An adapter's own fallback answers in the client's type.
      return subject.options ?? without(POLICY, ['fallback', ...subject.refuses]);
    }
    case 'call':
      return without(CALL, subject.refuses);
    case 'observer':
      return OBSERVER;
    case 'alert':
      return ALERT;
    case 'logger':
      return LOGGER;
    case 'log':
      return LOG;
    case 'listener':
      return LISTENER;
    case 'instrument':
      return INSTRUMENT;
    case 'collect':
      return COLLECT;
    case 'dashboard':
      return DASHBOARD;
    default:
      return subject[place];
  }
}

const PLACES: readonly Place[] = [
  'policy',
  'own',
  'call',
  'client',
  'observer',
  'alert',
  'logger',
  'log',
  'listener',
  ...READER_NAMES,
];
/** The relative frequency of each place. */
const WEIGHTS: Readonly<Record<Place, number>> = {
  policy: 6,
  own: 3,
  call: 4,
  client: 6,
  observer: 2,
  alert: 1,
  logger: 1,
  log: 1,
  listener: 1,
  instrument: 1,
  collect: 1,
  dashboard: 1,
};
const LOTS = PLACES.flatMap(place => Array<Place>(WEIGHTS[place]).fill(place));

const METHODS = ['GET', 'GET', 'GET', 'HEAD', 'POST', 'POST', 'PUT', 'DELETE', 'get', 'NONSENSE'];
const MOST_MUTATIONS = 2;

export function planOf(seed: number, subject: Subject): Plan {
  const chance = new Chance(seed);
  const stepNames = Object.keys(STEPS) as StepName[];
  const method = chance.pick(METHODS);
  const hasBody = /^(POST|PUT)$/.test(method);
  return {
    seed,
    mutations: Array.from({ length: chance.integer(0, MOST_MUTATIONS) }, () => mutationOf(chance, subject)),
    steps: Array.from({ length: chance.integer(1, 4) }, () => (chance.odds(0.3) ? 'answer' : chance.pick(stepNames))),
    calls: chance.integer(1, 3),
    together: chance.odds(0.5),
    method,
    body: hasBody ? chance.pick(subject.bodies) : 'none',
    api: chance.pick(subject.apis),
    signal: chance.odds(0.5) ? signalOf(chance) : undefined,
    abortAfterMs: chance.odds(0.5) ? chance.pick([-1, 0, 5, 20, 50, 90]) : undefined,
    reason: chance.pick(Object.keys(REASONS) as (keyof typeof REASONS)[]),
    reader: chance.pick(['read', 'half', 'cancel', 'ignore']),
    rich: chance.odds(0.7),
  };
}

function signalOf(chance: Chance): SignalMake {
  return chance.odds(0.6) ? 'of the platform' : chance.pick(Object.keys(SIGNALS) as SignalMake[]);
}

function mutationOf(chance: Chance, subject: Subject): Mutation {
  const places = LOTS.filter(lot => Object.keys(entriesAt(lot, subject)).length > 0);
  const place = chance.pick(places);
  const entries = Object.entries(entriesAt(place, subject)).filter(([, { ways }]) => ways.length > 0);
  const [option, { ways }] = chance.pick(entries);
  return { place, option, way: chance.pick(ways) };
}

/** The options of one place, with the plan's mutations. */
export function drawn(plan: Plan, place: Place, subject: Drawable): Record<string, unknown> {
  const chance = new Chance(plan.seed).split(place);
  const entries = entriesAt(place, subject);
  const good = Object.entries(entries).filter(
    ([option, { share }]) => plan.rich && chance.split(`has ${option}`).odds(share * SPARSE),
  );
  const options: Record<string, unknown> = Object.fromEntries(
    good.map(([option, entry]) => [option, entry.draw(chance.split(option))]),
  );
  for (const mutation of plan.mutations.filter(each => each.place === place)) {
    options[mutation.option] = mutation.way.apply(options[mutation.option], chance.split(mutation.option));
  }
  return options;
}

/** Thins out valid options: runs with everything at once show little. */
const SPARSE = 0.5;

/** Plans with one part less, the simplest first. */
export function* simpler(plan: Plan): Generator<Plan> {
  for (const left of plan.mutations) yield { ...plan, mutations: plan.mutations.filter(each => each !== left) };
  if (plan.rich) yield { ...plan, rich: false };
  if (plan.calls > 1) yield { ...plan, calls: 1 };
  if (plan.steps.length > 1) for (const step of plan.steps) yield { ...plan, steps: [step] };
  if (plan.steps.join() !== 'answer') yield { ...plan, steps: ['answer'] };
  if (plan.body !== 'none') yield { ...plan, body: 'none' };
  if (plan.method !== 'GET') yield { ...plan, method: 'GET', body: 'none' };
  if (plan.signal) yield { ...plan, signal: undefined, abortAfterMs: undefined };
  if (plan.abortAfterMs !== undefined) yield { ...plan, abortAfterMs: undefined };
  if (plan.reader !== 'read') yield { ...plan, reader: 'read' };
}

export function describePlan({
  mutations,
  steps,
  calls,
  together,
  method,
  body,
  api,
  signal,
  abortAfterMs,
  reason,
  reader,
  rich,
}: Plan): string {
  const parts = [
    `${api} ${method}${body === 'none' ? '' : ` with ${body}`}`,
    `server: ${steps.join(', ')}`,
    ...(calls > 1 ? [`${calls} calls ${together ? 'together' : 'in turn'}`] : []),
    ...(signal
      ? [`signal: ${signal}${abortAfterMs === undefined ? '' : `, aborts after ${abortAfterMs} ms, reason ${reason}`}`]
      : []),
    `reader: ${reader}`,
    ...(rich ? ['good options drawn'] : []),
    ...mutations.map(mutationText),
  ];
  return parts.join('; ');
}

function mutationText({ place, option, way }: Mutation): string {
  return `${place}.${option} ${way.name}`;
}
