/** Many runs at a time, and the simplest form of what fails. */

import type { Subject } from './clients/subject.ts';
import { Detectors, Patience } from './detectors.ts';
import { HostileServer } from './hostile-server.ts';
import { describePlan, type Plan, planOf, simpler } from './plan.ts';
import { type Fault, type Outcome, play, type Surroundings } from './run.ts';

export interface Failure {
  readonly seed: number;
  readonly faults: readonly Fault[];
  /** The simplest plan that still fails so. */
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
  /** Failures that are made simpler. */
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
  readonly #failed: { plan: Plan; faults: readonly Fault[] }[] = [];
  #run = 0;
  #refused = 0;
  #clientsOwn = 0;

  constructor(subject: Subject, around: Surroundings) {
    this.#subject = subject;
    this.#around = around;
  }

  async report({ runs, seed, together, shrink }: Settings): Promise<Report> {
    let next = 0;
    const worker = async (): Promise<void> => {
      while (next < runs) {
        const plan = planOf(seed + next++, this.#subject);
        await this.#note(plan, await this.#play(plan));
      }
    };
    await Promise.all(Array.from({ length: Math.min(together, runs) }, worker));
    const counts = Object.fromEntries(KINDS.map(kind => [kind, this.#count(kind)])) as Report['counts'];
    const strays = this.#strays();
    return {
      adapter: this.#subject.name,
      runs,
      refused: this.#refused,
      clientsOwn: this.#clientsOwn,
      counts: { ...counts, ...addTo(counts, strays) },
      failures: [
        ...(await this.#failures(shrink)),
        ...strays.map(fault => ({ seed, faults: [fault], plan: 'no run can be made out' })),
      ],
    };
  }

  #play(plan: Plan): Promise<Outcome> {
    this.#run += 1;
    return play(plan, this.#run, this.#subject, this.#around);
  }

  async #note(plan: Plan, { refused, faults }: Outcome): Promise<void> {
    if (refused) this.#refused += 1;
    const ours = faults.some(isLoud) ? await this.#withoutClients(plan, faults) : faults;
    if (ours.length > 0) this.#failed.push({ plan, faults: ours });
    else if (faults.length > 0) this.#clientsOwn += 1;
  }

  /** What the bare client does with the same hook, body or signal is no fault of the adapter. */
  async #withoutClients(plan: Plan, faults: readonly Fault[]): Promise<readonly Fault[]> {
    this.#run += 1;
    const bare = await play(plan, this.#run, this.#subject, this.#around, true);
    const own = new Set(bare.faults.filter(isLoud).map(({ kind, detail }) => kind + messageOf(detail)));
    return faults.filter(({ kind, detail }) => !own.has(kind + messageOf(detail)));
  }

  #count(kind: Fault['kind']): number {
    return this.#failed.flatMap(({ faults }) => faults).filter(fault => fault.kind === kind).length;
  }

  /** What no run can be charged with. */
  #strays(): Fault[] {
    const { found, strayTimers } = this.#around.detectors;
    const loud = found.filter(({ run }) => run === undefined);
    return [
      ...loud.map(({ kind, detail }) => ({ kind, detail }) as Fault),
      ...strayTimers.map((detail): Fault => ({ kind: 'timer', detail })),
    ];
  }

  async #failures(shrink: number): Promise<Failure[]> {
    const failures: Failure[] = [];
    for (const [i, { plan, faults }] of this.#failed.entries()) {
      const simplest = i < shrink ? await this.#simplest(plan, faults) : plan;
      failures.push({ seed: plan.seed, faults, plan: describePlan(simplest) });
    }
    return failures;
  }

  /** Leaves out one thing after another, as long as it still fails in the same way. */
  async #simplest(plan: Plan, faults: readonly Fault[]): Promise<Plan> {
    const kinds = new Set(faults.map(({ kind }) => kind));
    for (const candidate of simpler(plan)) {
      const again = await this.#play(candidate);
      if (again.faults.some(({ kind }) => kinds.has(kind))) return this.#simplest(candidate, faults);
    }
    return plan;
  }
}

function isLoud({ kind }: Fault): boolean {
  return kind === 'unhandledRejection' || kind === 'uncaughtException';
}

/** Without the stack. */
function messageOf(detail: string): string {
  return detail.split(' | ')[0] ?? '';
}

function addTo(counts: Report['counts'], faults: readonly Fault[]): Partial<Record<Fault['kind'], number>> {
  const added: Partial<Record<Fault['kind'], number>> = {};
  for (const { kind } of faults) added[kind] = (added[kind] ?? counts[kind]) + 1;
  return added;
}
