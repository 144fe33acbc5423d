/** Plays a plan, and checks for leaks. */

import { alertWhenOpen, type HttpPolicy, logTransitions } from '@cutout/http';
import { BODIES } from './bodies.ts';
import { Chance } from './chance.ts';
import type { Answer, Client, Held, Subject } from './clients/subject.ts';
import { collectGarbage, type Detectors, type Patience } from './detectors.ts';
import { Planted } from './hostile.ts';
import type { HostileServer } from './hostile-server.ts';
import { drawn, type Plan } from './plan.ts';
import { READER_NAMES, READERS, type Reader, type ReaderName } from './readers.ts';
import { REASONS, watched } from './signals.ts';
import { madeOrRaw, withStrategies } from './strategies.ts';

/** The faults of a run. */
export interface Fault {
  readonly kind:
    | 'unhandledRejection'
    | 'uncaughtException'
    | 'hang'
    | 'permit'
    | 'place'
    | 'timer'
    | 'socket'
    | 'listener'
    | 'crash';
  readonly detail: string;
}

export interface Outcome {
  /** The options were refused when the policy was built. */
  readonly refused: boolean;
  readonly faults: readonly Fault[];
  /** The origins of our listeners that remain on a caller's signal. */
  listeners(): string[];
}

export interface Surroundings {
  readonly server: HostileServer;
  readonly detectors: Detectors;
  readonly patience: Patience;
  /** Milliseconds of tolerance for a busy machine. @default 2_000 */
  readonly graceMs?: number;
}

/** The time limits of every run, so each ends soon. */
const LIMITS = { attemptTimeoutMs: 100, totalTimeoutMs: 200 };
const BODY_HOLD_MS = 30;
const GRACE_MS = 2_000;
/** A call may take its total limit, and the same again for a fallback. */
const CALL_MS = 2 * LIMITS.totalTimeoutMs;
/** Without the adapter there is no limit. */
const BARE_MS = 500;
const READER_MS = 80;
const TURNS_MS = 20;

/** `isBare`: with the client without the adapter. */
export async function play(
  plan: Plan,
  run: number,
  subject: Subject,
  around: Surroundings,
  isBare = false,
): Promise<Outcome> {
  const outcome = await around.detectors.within(run, () => new Run(plan, run, subject, around, isBare).play());
  // A rejection counts as unhandled only after the turn in which it was created.
  await new Promise(resolve => setImmediate(resolve));
  const loud = around.detectors.take(run).map(({ kind, detail }) => ({ kind, detail }) as Fault);
  return { ...outcome, faults: [...loud, ...outcome.faults] };
}

class Run {
  readonly #plan: Plan;
  readonly #run: number;
  readonly #subject: Subject;
  readonly #around: Surroundings;
  readonly #isBare: boolean;
  readonly #faults: Fault[] = [];
  readonly #answers: Answer[] = [];
  readonly #lefts: (() => string[])[] = [];
  readonly #stops: (() => void)[] = [];
  readonly #readers: Reader[] = [];
  #listeners: () => string[] = () => [];

  constructor(plan: Plan, run: number, subject: Subject, around: Surroundings, isBare: boolean) {
    this.#isBare = isBare;
    this.#plan = plan;
    this.#run = run;
    this.#subject = subject;
    this.#around = around;
  }

  async play(): Promise<Outcome> {
    const client = this.#build();
    if (!client) return { refused: true, faults: this.#faults, listeners: () => [] };
    try {
      const url = this.#around.server.script(this.#run, this.#plan.steps);
      this.#attach(client.policy);
      await this.#calls(client, url);
      await this.#readPolicy();
      await this.#lookAtPolicy(client);
      for (const answer of this.#answers) answer.giveUp();
      await this.#lookAround();
    } finally {
      for (const stop of this.#stops) stop();
      client.close();
      this.#around.server.forget(this.#run);
    }
    return { refused: false, faults: this.#faults, listeners: this.#listeners };
  }

  get #graceMs(): number {
    return this.#around.graceMs ?? GRACE_MS;
  }

  /** Undefined if the options are refused, which must be by an error that names one of them. */
  #build(): Client | undefined {
    if (this.#isBare) return this.#subject.bare();
    try {
      const policy = withStrategies(this.#limited(drawn(this.#plan, 'policy', this.#subject)));
      return this.#subject.build(policy, drawn(this.#plan, 'own', this.#subject));
    } catch (error) {
      if (!isRefusal(error)) this.#fault('crash', `building threw ${show(error)}`);
      return undefined;
    }
  }

  /** Adds the limits, unless the plan tests them. */
  #limited(options: Record<string, unknown>): Record<string, unknown> {
    if (this.#subject.options) return options;
    const tried = new Set(this.#plan.mutations.filter(({ place }) => place === 'policy').map(({ option }) => option));
    for (const [name, ms] of Object.entries(LIMITS)) if (!tried.has(name)) options[name] = ms;
    if (!('bulkhead' in options)) options['bulkhead'] = { maxConcurrent: 2, bodyHoldMs: BODY_HOLD_MS };
    if (!('retry' in options)) options['retry'] = { backoff: () => 1 };
    return options;
  }

  /** All readers, if the plan draws any. */
  #attach(policy: HttpPolicy | undefined): void {
    if (!policy) return;
    const at = (place: 'observer' | 'alert' | 'logger' | 'log' | 'listener' | ReaderName): Record<string, unknown> =>
      drawn(this.#plan, place, this.#subject);
    const has = (place: string): boolean => this.#plan.mutations.some(each => each.place === place);
    const attach = (make: () => () => void): void => {
      try {
        this.#stops.push(make());
      } catch (error) {
        if (!isRefusal(error)) this.#fault('crash', `attaching threw ${show(error)}`);
      }
    };
    if (this.#plan.rich || has('observer')) attach(() => policy.observe(at('observer')));
    if (has('alert'))
      attach(() => alertWhenOpen(policy, { longerThanMs: 10, onAlert: () => undefined, ...at('alert') }));
    if (has('logger') || has('log')) {
      attach(() => logTransitions(policy, { info: () => 0, warn: () => 0, ...at('logger') } as never, at('log')));
    }
    for (const name of READER_NAMES) {
      if (has(name)) attach(() => this.#attachReader(READERS[name](policy, at(name))));
    }
    if (has('listener')) attach(() => policy.subscribe((at('listener')['listener'] ?? (() => 0)) as never));
  }

  #attachReader(reader: Reader): () => void {
    this.#readers.push(reader);
    return () => reader.stop();
  }

  async #readPolicy(): Promise<void> {
    try {
      for (const reader of this.#readers) await reader.read();
    } catch (error) {
      this.#fault('crash', `reading threw ${show(error)}`);
    }
  }

  async #calls(client: Client, url: string): Promise<void> {
    const { calls, together } = this.#plan;
    const one = (): Promise<void> => this.#call(client, url);
    if (together) await Promise.all(Array.from({ length: calls }, one));
    else for (let i = 0; i < calls; i++) await one();
  }

  async #call(client: Client, url: string): Promise<void> {
    const { method, body, api, signal: make, abortAfterMs, reason } = this.#plan;
    const signal = make && watched(make);
    if (signal) this.#lefts.push(signal.left);
    const abort = (): void => signal?.abort(REASONS[reason]());
    if (abortAfterMs === -1) abort();
    const cutout = this.#isBare ? {} : madeOrRaw(drawn(this.#plan, 'call', this.#subject));
    const shape = {
      url: new Chance(this.#plan.seed).split('early').odds(0.2) ? `${url}early` : url,
      method,
      body: BODIES[body](),
      signal: signal?.signal,
      cutout: Object.keys(cutout).length > 0 ? cutout : undefined,
      api,
      client: drawn(this.#plan, 'client', this.#subject),
    };
    const ended = client.send(shape).then(
      answer => this.#read(answer),
      () => undefined,
    );
    const timer = abortAfterMs !== undefined && abortAfterMs >= 0 ? setTimeout(abort, abortAfterMs) : undefined;
    const settled = await this.#around.patience.settles(ended, this.#isBare ? BARE_MS : CALL_MS + this.#graceMs);
    clearTimeout(timer);
    if (!settled && !this.#hangsAnyway && !this.#isBare)
      this.#fault('hang', 'a call has not settled within its limits');
  }

  /** Whether a hang is no fault: hooks outside the adapter, disabled limits, and calls that bypass the adapter. */
  get #hangsAnyway(): boolean {
    return this.#plan.mutations.some(
      ({ place, option, way }) =>
        (place === 'client' && this.#subject.outOfReach.includes(option) && /never settles/.test(way.name)) ||
        /^(attempt|total)TimeoutMs$/.test(option) ||
        (option === 'cutout' && way.name === '= false'),
    );
  }

  async #read(answer: Answer): Promise<void> {
    this.#answers.push(answer);
    const { reader } = this.#plan;
    if (reader === 'cancel') answer.giveUp();
    if (reader === 'read' || reader === 'half') await this.#within(reader === 'read' ? answer.read() : answer.half());
  }

  /** Reads handed out bodies for at most this long. */
  async #within(reading: Promise<unknown>): Promise<void> {
    const settled = reading.catch(() => undefined);
    await Promise.race([settled, new Promise(resolve => setTimeout(resolve, READER_MS))]);
  }

  /** The policy must release everything before the bodies are dropped: it has its own limit for them. */
  async #lookAtPolicy({ policy, held = () => heldBy(policy) }: Client): Promise<void> {
    // With `bodyHoldMs` under test, a permit is held for that time.
    const holds = this.#plan.mutations.some(({ option, way }) => /bodyHoldMs/.test(option + way.name));
    if (holds) for (const answer of this.#answers) answer.giveUp();
    const isFree = (): boolean => held().permits + held().places === 0;
    try {
      if (await this.#around.patience.until(isFree, this.#graceMs)) return;
      const { permits, places } = held();
      if (permits > 0) this.#fault('permit', `${permits} permits are held`);
      if (places > 0) this.#fault('place', `${places} places are held`);
    } catch (error) {
      this.#fault('crash', `metrics threw ${show(error)}`);
    }
  }

  async #lookAround(): Promise<void> {
    const { server, detectors, patience } = this.#around;
    for (const stop of this.#stops) stop();
    this.#answers.length = 0;
    const timers = (): string[] => detectors.timers(this.#run);
    const listeners = (): string[] => this.#lefts.flatMap(left => left());
    await patience.until(() => timers().length + server.busy(this.#run) === 0, this.#graceMs);
    for (const from of new Set(timers())) this.#fault('timer', from);
    if (server.busy(this.#run) > 0) this.#fault('socket', `${server.busy(this.#run)} requests are still open`);
    await patience.until(() => listeners().length === 0, TURNS_MS);
    this.#listeners = listeners;
  }

  #fault(kind: Fault['kind'], detail: string): void {
    this.#faults.push({ kind, detail });
  }
}

const GARBAGE_ROUNDS = 10;

/**
 * The listeners that remain once nothing holds a body. A body may be read under a signal after its call, so its listener stays
 * until then.
 */
export async function keptListeners(left: () => readonly string[]): Promise<readonly string[]> {
  for (let round = 0; round < GARBAGE_ROUNDS && left().length > 0; round++) {
    collectGarbage();
    // Finalisers run in separate turns.
    await new Promise(resolve => setTimeout(resolve, TURNS_MS));
  }
  return left();
}

function heldBy(policy: HttpPolicy | undefined): Held {
  const keys = policy?.metrics().keys ?? [];
  return {
    permits: keys.reduce((sum, { inFlight }) => sum + inFlight, 0),
    places: keys.reduce((sum, { bulkhead }) => sum + (bulkhead ? bulkhead.inFlight + bulkhead.queued : 0), 0),
  };
}

/** A refusal names its option. What a hook throws is its own. */
function isRefusal(error: unknown): boolean {
  return error instanceof TypeError || error instanceof RangeError || error instanceof Planted;
}

function show(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}
