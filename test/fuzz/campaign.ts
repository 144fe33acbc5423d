/** Plays many runs at a time, and simplifies those that fail. */

import type { Subject } from './clients/subject.ts';
import { Detectors, Patience } from './detectors.ts';
import { HostileServer } from './hostile-server.ts';
import { describePlan, type Plan, planOf, simpler } from './plan.ts';
import { type Fault, keptListeners, type Outcome, play, type Surroundings } from './run.ts';

interface Failure {
  readonly seed: number;
  readonly faults: readonly Fault[];
  /** The simplest plan that still fails the same way. */
  readonly plan: string;
}

export interface Report {
  readonly adapter: string;
  readonly runs: number;
  readonly refused: number;
  /** Runs in which the client without the adapter ends the process in the same way. */
  readonly clientsOwn: number;
  readonly counts: Readonly<Record<Fault['kind'], number>>;
  readonly failures: readonly Failure[];
}

export interface Settings {
  readonly runs: number;
  readonly seed: number;
  /** Runs at a time. */
  readonly together: number;
  /** The maximum number of failures to simplify. */
  readonly shrink: number;
}

export const KINDS: readonly Fault['kind'][] = [
  'unhandledRejection',
  'uncaughtException',
  'hang',
  'permit',
  'place',
  'timer',
  'socket',
  'listener',
  'crash',
];

/** How long after its run a hook may fail: axios calls one for progress up to a third of a second late. */
const LATE_MS = 400;
const RAMP_MS = 10;
/** How often to try the bare client: the result depends on timing. */
const BARE_RUNS = 8;

export async function campaign(subject: Subject, settings: Settings): Promise<Report> {
  const server = await HostileServer.start();
  using detectors = new Detectors();
  using patience = new Patience();
  const around: Surroundings = { server, detectors, patience };
  try {
    return await new Campaign(subject, around).report(settings);
  } finally {
    await server.close();
  }
}

class Campaign {
  readonly #subject: Subject;
  readonly #around: Surroundings;
  readonly #plans = new Map<number, Plan>();
  readonly #played: { plan: Plan; from: number; to: number }[] = [];
  readonly #failed: { plan: Plan; faults: readonly Fault[] }[] = [];
  readonly #listening: { plan: Plan; listeners: () => string[] }[] = [];
  #run = 0;
  #refused = 0;
  #clientsOwn = 0;

  constructor(subject: Subject, around: Surroundings) {
    this.#subject = subject;
    this.#around = around;
  }

  async report({ runs, seed, together, shrink }: Settings): Promise<Report> {
    let next = 0;
    const worker = async (_: unknown, i: number): Promise<void> => {
      // Code that runs for the first time is slow, and limits are short.
      await new Promise(resolve => setTimeout(resolve, i * RAMP_MS));
      while (next < runs) {
        const plan = planOf(seed + next++, this.#subject);
        const from = performance.now();
        await this.#note(plan, await this.#play(plan));
        this.#played.push({ plan, from, to: performance.now() });
      }
    };
    await Promise.all(Array.from({ length: Math.min(together, runs) }).map(worker));
    await late();
    const strays = [...(await this.#strays()), ...(await this.#kept())];
    const failures = [...(await this.#failures(shrink)), ...strays];
    return {
      adapter: this.#subject.name,
      runs,
      refused: this.#refused,
      clientsOwn: this.#clientsOwn,
      counts: countsOf(failures),
      failures,
    };
  }

  #play(plan: Plan): Promise<Outcome> {
    this.#run += 1;
    this.#plans.set(this.#run, plan);
    return play(plan, this.#run, this.#subject, this.#around);
  }

  async #note(plan: Plan, { refused, faults: all, listeners }: Outcome): Promise<void> {
    const faults = all.filter(fault => !this.#subject.ownFaults.some(own => own.test(fault.detail)));
    if (listeners().length > 0) this.#listening.push({ plan, listeners });
    if (refused) this.#refused += 1;
    const ours = faults.some(isLoud) ? await this.#withoutClients(plan, faults) : faults;
    if (ours.length > 0) this.#failed.push({ plan, faults: ours });
    else if (faults.length > 0) this.#clientsOwn += 1;
  }

  /** What the bare client does with the same hook, body or signal is not the adapter's fault. */
  async #withoutClients(plan: Plan, faults: readonly Fault[]): Promise<readonly Fault[]> {
    const own = await this.#bareFaults([plan]);
    return faults.filter(fault => !own.has(nameOf(fault)));
  }

  /** How the bare client ends the process. `isAlone`: nothing else runs, so faults without a run are its own too. */
  async #bareFaults(plans: readonly Plan[], isAlone = false): Promise<ReadonlySet<string>> {
    const each = plans.flatMap(plan => Array.from({ length: BARE_RUNS }, (_, i) => asBare(plan, i)));
    const runs = each.map(() => ++this.#run);
    const outcomes = await Promise.all(
      each.map((plan, i) => play(plan, runs[i] as number, this.#subject, this.#around, true)),
    );
    await late();
    const { detectors } = this.#around;
    const found = isAlone ? detectors.take() : runs.flatMap(run => detectors.take(run));
    const faults = [...outcomes.flatMap(outcome => outcome.faults), ...(found as Fault[])];
    return new Set(faults.filter(isLoud).map(nameOf));
  }

  /** Faults found after the run, or without an identifiable run. */
  async #strays(): Promise<Failure[]> {
    const { detectors } = this.#around;
    const failures: Failure[] = [];
    const all = detectors.take().filter(({ detail }) => !this.#subject.ownFaults.some(own => own.test(detail)));
    for (const { run, kind, detail, at } of all) {
      const fault = { kind, detail } as Fault;
      const plan = run === undefined ? undefined : this.#plans.get(run);
      const own = await this.#bareFaults(plan ? [plan] : this.#suspects(at), true);
      const text = plan ? `after the run: ${describePlan(plan)}` : 'of no run';
      if (own.has(nameOf(fault))) this.#clientsOwn += 1;
      else failures.push({ seed: plan?.seed ?? Number.NaN, faults: [fault], plan: text });
    }
    for (const detail of detectors.strayTimers) {
      failures.push({ seed: Number.NaN, faults: [{ kind: 'timer', detail }], plan: 'of no run' });
    }
    return failures;
  }

  /**
   * The possible plans of a fault without a run: those with a faulty client option that were played at that time. A client
   * calls some hooks, such as axios' progress hooks, in the async context of a socket, which belongs to no run.
   */
  #suspects(at: number): Plan[] {
    return this.#played
      .filter(({ from, to }) => from <= at && at <= to + LATE_MS)
      .map(({ plan }) => plan)
      .filter(({ mutations }) => mutations.some(({ place }) => place === 'client'));
  }

  async #kept(): Promise<Failure[]> {
    await keptListeners(() => this.#listening.flatMap(({ listeners }) => listeners()));
    return this.#listening
      .filter(({ listeners }) => listeners().length > 0)
      .map(({ plan, listeners }) => ({
        seed: plan.seed,
        faults: [...new Set(listeners())].map(detail => ({ kind: 'listener', detail })),
        plan: describePlan(plan),
      }));
  }

  async #failures(shrink: number): Promise<Failure[]> {
    const failures: Failure[] = [];
    for (const [i, { plan, faults }] of this.#failed.entries()) {
      const simplest = i < shrink ? await this.#simplest(plan, faults) : plan;
      failures.push({ seed: plan.seed, faults, plan: describePlan(simplest) });
    }
    return failures;
  }

  /** Removes one part after another while the plan still fails the same way. */
  async #simplest(plan: Plan, faults: readonly Fault[]): Promise<Plan> {
    const kinds = new Set(faults.map(({ kind }) => kind));
    for (const candidate of simpler(plan)) {
      const again = await this.#play(candidate);
      if (again.faults.some(({ kind }) => kinds.has(kind))) return this.#simplest(candidate, faults);
    }
    return plan;
  }
}

/**
 * Adapts a plan to the bare client. Every second try has no signal, since one that only the adapter accepts would end the call
 * before its hooks run. The steps are rotated, since a call without retries meets only one of them.
 */
function asBare(plan: Plan, i: number): Plan {
  const { steps, signal } = plan;
  const met = Math.floor(i / 2) % steps.length;
  return { ...plan, signal: i % 2 === 0 ? signal : undefined, steps: [...steps.slice(met), ...steps.slice(0, met)] };
}

function late(): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, LATE_MS));
}

function isLoud({ kind }: Fault): boolean {
  return kind === 'unhandledRejection' || kind === 'uncaughtException';
}

/** Without the stack. */
function nameOf({ kind, detail }: Fault): string {
  return `${kind} ${detail.split(' | ')[0]}`;
}

function countsOf(failures: readonly Failure[]): Report['counts'] {
  const kinds = failures.flatMap(({ faults }) => faults.map(({ kind }) => kind));
  return Object.fromEntries(KINDS.map(kind => [kind, kinds.filter(each => each === kind).length])) as Report['counts'];
}
