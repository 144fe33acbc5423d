/** The script of the demo: what the servers do, and when. */

import { setTimeout } from 'node:timers/promises';
import { answer, hang, reset, ScriptedServer, type Step } from '@cutout/testing';

export type Side = 'bare' | 'cutout';

export interface Phase {
  readonly name: 'healthy' | 'dead' | 'hanging' | 'yours';
  readonly forMs: number;
  readonly step?: Step;
}

const well: Step = answer(200, { body: 'hello', delayMs: 5 });

const SCRIPT: readonly Phase[] = [
  { name: 'healthy', forMs: 3_000, step: well },
  { name: 'dead', forMs: 4_000, step: reset },
  { name: 'hanging', forMs: 4_000, step: hang },
  { name: 'healthy', forMs: 4_000, step: well },
];
const YOURS: readonly Phase[] = [{ name: 'yours', forMs: 15_000 }];

/** Two servers that follow the script, or a URL of the user, which does not. */
export class Outage {
  /** Phases with the time at which each began, in the demo's own milliseconds. */
  readonly begun: { readonly phase: Phase; readonly at: number }[] = [];
  readonly #script: readonly Phase[];
  readonly #url: string | undefined;
  readonly #servers = new Map<Side, ScriptedServer>();
  /** Requests at each server before each phase. */
  readonly #arrived: Record<Side, number>[] = [];
  #startedAt = 0;

  constructor(url: string | undefined) {
    this.#url = url;
    this.#script = url ? YOURS : SCRIPT;
  }

  /** Milliseconds since the start. */
  get nowMs(): number {
    return performance.now() - this.#startedAt;
  }

  get durationMs(): number {
    return this.#script.reduce((sum, phase) => sum + phase.forMs, 0);
  }

  get phase(): Phase {
    return this.begun.at(-1)?.phase ?? (this.#script[0] as Phase);
  }

  get startedAt(): number {
    return this.#startedAt;
  }

  /** When the server died and recovered; undefined for a server of the user. */
  get down(): { from: number; to: number } | undefined {
    const from = this.begun.find(({ phase }) => phase.name === 'dead')?.at;
    const to = this.begun.findLast(({ phase }) => phase.name === 'healthy')?.at;
    return from === undefined || to === undefined ? undefined : { from, to };
  }

  async start(sides: Record<Side, unknown>): Promise<void> {
    if (!this.#url) {
      for (const side of Object.keys(sides) as Side[]) this.#servers.set(side, await ScriptedServer.start(well));
    }
    this.#startedAt = performance.now();
  }

  /** Plays the script once, without the records of an earlier round. */
  async run(): Promise<void> {
    this.begun.length = 0;
    this.#arrived.length = 0;
    for (const phase of this.#script) {
      this.#enter(phase);
      await setTimeout(phase.forMs);
    }
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#servers.values()].map(server => server.close()));
  }

  urlFor(side: Side): string {
    return this.#url ?? (this.#servers.get(side) as ScriptedServer).url('/hello');
  }

  /** Requests that reached the server while it was down. */
  arrivedWhileDown(side: Side): number {
    const index = (name: Phase['name'], last: boolean): number =>
      this.begun[last ? 'findLastIndex' : 'findIndex'](({ phase }) => phase.name === name);
    const [from, to] = [this.#arrived[index('dead', false)], this.#arrived[index('healthy', true)]];
    return (to?.[side] ?? 0) - (from?.[side] ?? 0);
  }

  #enter(phase: Phase): void {
    this.begun.push({ phase, at: this.nowMs });
    this.#arrived.push({ bare: this.#count('bare'), cutout: this.#count('cutout') });
    if (phase.step) for (const server of this.#servers.values()) server.always(phase.step);
  }

  #count(side: Side): number {
    return this.#servers.get(side)?.requests.length ?? 0;
  }
}
