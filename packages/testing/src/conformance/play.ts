/** Plays one scenario with one adapter against a real server. */

import { BreakerRegistry, isBulkheadFullError, isCircuitOpenError } from '@cutout/core';
import type { HttpPolicyOptions } from '@cutout/http';
import { ForeignAbort } from '../foreign-signal.ts';
import { ShiftedClock } from '../shifted-clock.ts';
import { answer, type Step } from '../step.ts';
import type { AdapterFactory, ClientAnswer, ClientRequest, ClientUnderTest, FallbackUnderTest } from './adapter.ts';
import type { Action, Call, Observation, Scenario } from './scenario.ts';
import { Tally } from './tally.ts';

/** The server of a scenario, which may be in another process. */
export interface Wire {
  /** Where requests go: the server, or one that accepts no connection. */
  readonly target: string;
  always(step: Step): void | Promise<void>;
  next(...steps: Step[]): void | Promise<void>;
  /** Refuses connections from now on. */
  refuse(): Promise<void>;
  /** Requests that have arrived, and connections on which a request waits for its answer. */
  seen(): Seen | Promise<Seen>;
  close(): Promise<void>;
}

export interface Seen {
  readonly requests: number;
  readonly busySockets: number;
}

/** Starts the server of one scenario. `listens` says how it treats connections. */
export type StartWire = (listens: Scenario['listens']) => Promise<Wire>;

export async function play(scenario: Scenario, factory: AdapterFactory, start: StartWire): Promise<Observation> {
  const wire = await start(scenario.listens);
  try {
    await wire.always(scenario.always ?? answer(200));
    await wire.next(...(scenario.steps ?? []));
    if (scenario.listens === 'refuses') await wire.refuse();
    return await playOn(wire, scenario, factory);
  } finally {
    await wire.close();
  }
}

async function playOn(wire: Wire, scenario: Scenario, factory: AdapterFactory): Promise<Observation> {
  const clock = new ShiftedClock();
  const client = await factory(optionsOf(scenario, clock), scenario.fallback && FALLBACKS[scenario.fallback]);
  try {
    const stage = new Stage(client, wire, clock);
    for (const action of scenario.actions) await stage.act(action);
    return await stage.observe();
  } finally {
    await client.close?.();
  }
}

/** A status that no server of the table sends. */
const FALLBACKS: Record<NonNullable<Scenario['fallback']>, FallbackUnderTest> = {
  answers: () => ({ status: 203, body: 'instead' }),
  throws: () => {
    throw new Error('nothing to answer with');
  },
};

/** Retries without waits, and circuits on a clock that the scenario moves ahead. */
function optionsOf({ options = {} }: Scenario, clock: ShiftedClock): HttpPolicyOptions {
  const { breaker = {}, retry = {}, ...rest } = options;
  return {
    ...rest,
    retry: retry === false ? false : { backoff: () => 1, ...retry },
    registry: new BreakerRegistry({ breaker, clock }),
  };
}

class Stage {
  readonly #client: ClientUnderTest;
  readonly #wire: Wire;
  readonly #clock: ShiftedClock;
  readonly #ends: string[] = [];
  readonly #tally = new Tally();
  #verdicts = '';

  constructor(client: ClientUnderTest, wire: Wire, clock: ShiftedClock) {
    this.#client = client;
    this.#wire = wire;
    this.#clock = clock;
    client.policy.subscribe(event => {
      this.#tally.add(event);
      if (event.type !== 'outcome') return;
      const { verdict, stage } = event;
      if (stage === 'body') this.#verdicts += verdict === 'failure' ? 'B' : '';
      else this.#verdicts += { success: 'S', failure: 'F', ignore: 'I' }[verdict];
    });
  }

  async act(action: Action): Promise<void> {
    switch (action.do) {
      case 'tick':
        return this.#clock.advance(action.ms);
      case 'wire':
        return this.#wire.always(action.step);
      case 'call':
        return this.#calls(action);
      default:
        return this.#client.policy.breaker(this.#wire.target)[action.do]();
    }
  }

  async observe(): Promise<Observation> {
    // A client may close a connection some event loop turns after its promise settles.
    let seen = await this.#wire.seen();
    for (let i = 0; i < 50 && this.#outstanding + seen.busySockets > 0; i++) {
      await new Promise(resolve => setTimeout(resolve, 10));
      seen = await this.#wire.seen();
    }
    this.#tally.compare(this.#client.policy.metrics());
    return {
      requests: seen.requests,
      verdicts: this.#verdicts,
      state: this.#client.policy.registry.peek(this.#wire.target)?.state ?? 'closed',
      ends: inShort(this.#ends),
      outstanding: this.#outstanding,
      busySockets: seen.busySockets,
    };
  }

  get #outstanding(): number {
    const breakers = [...this.#client.policy.registry];
    return breakers.reduce((sum, breaker) => sum + breaker.evictionInfo(this.#clock.now()).inFlight, 0);
  }

  async #calls({ call, times, together }: Extract<Action, { do: 'call' }>): Promise<void> {
    const one = async (): Promise<void> => void this.#ends.push(await this.#end(call));
    if (together) await Promise.all(Array.from({ length: times }, one));
    else for (let i = 0; i < times; i++) await one();
  }

  async #end(call: Call): Promise<string> {
    const abort = new Abort(call);
    try {
      const response = await this.#client.send(this.#request(call, abort.signal));
      if (call.abortUnread) return abort.now(String(response.status));
      return await readEnd(response, call);
    } catch (error) {
      if (isCircuitOpenError(error)) return 'refused';
      if (isBulkheadFullError(error)) return 'full';
      return abort.isAborted ? 'aborted' : 'failed';
    } finally {
      abort.cancel();
    }
  }

  #request(call: Call, signal: AbortSignal | undefined): ClientRequest {
    const { method, headers = {}, cutout, path = '/' } = call;
    const body = call.oneShot || call.sourceFails ? once(call) : call.body;
    return { url: `${this.#wire.target}${path}`, method, headers, body, signal, cutout };
  }
}

async function readEnd(response: ClientAnswer, { read = true }: Call): Promise<string> {
  const end = /cutout; hit/.test(response.cacheStatus ?? '') ? `${response.status} stale` : String(response.status);
  if (!read) {
    await response.discard();
    return end;
  }
  try {
    await response.text();
    return end;
  } catch {
    return `${end} cut`;
  }
}

class Abort {
  readonly signal: AbortSignal | undefined;
  readonly #timer: ReturnType<typeof setTimeout> | undefined;
  readonly #abort: () => void = () => undefined;
  isAborted = false;

  constructor({ abortAfterMs, abortUnread, abortReason = 'AbortError', signalMake }: Call) {
    if (abortAfterMs === undefined && !abortUnread && !signalMake) return;
    const reason = abortReason === 'text' ? 'no longer needed' : new DOMException('given up', abortReason);
    const controller = signalMake ? new ForeignAbort(signalMake) : new AbortController();
    this.signal = controller.signal;
    this.#abort = () => {
      this.isAborted = true;
      controller.abort(reason);
    };
    if (abortAfterMs === 0) this.#abort();
    else if (abortAfterMs !== undefined) this.#timer = setTimeout(this.#abort, abortAfterMs);
  }

  now(end: string): string {
    this.#abort();
    return end;
  }

  cancel(): void {
    clearTimeout(this.#timer);
  }
}

async function* once({ body = '', sourceFails }: Call): AsyncGenerator<Uint8Array> {
  yield new TextEncoder().encode(body);
  if (sourceFails) throw Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET', syscall: 'read' });
}

/** `503 503 503` as `503 x3`. */
function inShort(ends: readonly string[]): string {
  const runs: { end: string; times: number }[] = [];
  for (const end of ends) {
    const last = runs.at(-1);
    if (last?.end === end) last.times += 1;
    else runs.push({ end, times: 1 });
  }
  return runs.map(({ end, times }) => (times > 1 ? `${end} x${times}` : end)).join(', ');
}
