/** What a hedge is to a dispatcher: two requests that start, pause, abort and end as one. The wire is driven by hand where order matters. */

import { Readable } from 'node:stream';
import { type HttpEvent, type HttpPolicyOptions, hedge } from '@cutout/http';
import { answer, drip, hang, ScriptedServer } from '@cutout/testing';
import { Agent, type Dispatcher, request } from 'undici';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { breakerInterceptor } from './breaker-interceptor.ts';
import type { Controller, Handler, LegacyHandler } from './handler.ts';

const ORIGIN = 'http://a.example';
const OPTIONS: HttpPolicyOptions<never> = { retry: false, hedge: hedge({ delayMs: 20, minimumSamples: 0 }) };

/** A request on the wire, whose end the test decides. */
class Sent implements Controller {
  aborted = false;
  paused = false;
  reason: Error | null = null;
  readonly rawHeaders = null;
  readonly rawTrailers = null;
  readonly handler: Handler;

  constructor(handler: Handler) {
    this.handler = handler;
  }

  /** Its connection has been made. */
  start(): this {
    this.handler.onRequestStart?.(this, null);
    return this;
  }

  respond(status: number, body = ''): void {
    this.handler.onResponseStart?.(this, status, {});
    if (status < 200) return;
    this.handler.onResponseData?.(this, Buffer.from(body));
    this.handler.onResponseEnd?.(this, {});
  }

  fail(error: Error): void {
    this.handler.onResponseError?.(this, error);
  }

  /** As undici does it: the handler is called at once. */
  abort(reason: Error): void {
    if (this.aborted) return;
    this.aborted = true;
    this.reason = reason;
    this.fail(reason);
  }

  pause(): void {
    this.paused = true;
  }

  resume(): void {
    this.paused = false;
  }
}

/** A call whose requests wait until the test moves them. */
class Bench {
  readonly sent: Sent[] = [];
  readonly received: string[] = [];
  readonly events: HttpEvent[] = [];
  readonly caller = new AbortController();
  controller: Controller | undefined;
  readonly #breaker: ReturnType<typeof breakerInterceptor>;
  /** Thrown by the handler at an answer. */
  readonly #thrown: Error | undefined;

  constructor(options: HttpPolicyOptions<never> = {}, more: object = {}, thrown?: Error) {
    this.#thrown = thrown;
    this.#breaker = breakerInterceptor({ ...OPTIONS, ...options });
    this.#breaker.policy.subscribe(event => this.events.push(event));
    const wire = (_options: unknown, handler: unknown): boolean => this.sent.push(new Sent(handler as Handler)) > 0;
    const dispatch = this.#breaker(wire as never) as unknown as (options: object, handler: Handler) => boolean;
    dispatch({ origin: ORIGIN, path: '/', method: 'GET', signal: this.caller.signal, ...more }, this.#handler);
  }

  get #handler(): Handler {
    return {
      onRequestStart: controller => {
        this.controller = controller;
        this.received.push('start');
      },
      onResponseStart: (_, status) => {
        this.received.push(`head ${status}`);
        if (this.#thrown) throw this.#thrown;
      },
      onResponseData: (_, chunk) => void this.received.push(`data ${chunk}`),
      onResponseEnd: () => void this.received.push('end'),
      onResponseError: (_, error) => void this.received.push(`error ${error.message}`),
    };
  }

  at(index: number): Sent {
    return this.sent[index] ?? expect.unreachable(`no request ${index}`);
  }

  onEvent(type: HttpEvent['type'], listener: () => void): void {
    this.#breaker.policy.subscribe(event => event.type === type && listener());
  }

  get verdicts(): string[] {
    return this.events.flatMap(event => (event.type === 'outcome' ? [event.verdict] : []));
  }

  get inFlight(): number {
    return this.#breaker.policy.breaker(ORIGIN).evictionInfo(0).inFlight;
  }
}

describe('a request and its hedge, to the handler', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  /** A first request that has been sent, and a hedge that is still connecting. */
  function hedged(options: HttpPolicyOptions<never> = {}): Bench {
    const bench = new Bench(options);
    bench.at(0).start();
    vi.advanceTimersByTime(20);
    expect(bench.sent).toHaveLength(2);
    return bench;
  }

  it.each([
    ['first', 0],
    ['hedge', 1],
  ])('are one that starts once and ends once, by the %s, and the other reaches the handler no more', (_, winner) => {
    const bench = hedged();
    bench.at(1).start();
    bench.at(winner).respond(200, 'whole');
    bench.at(1 - winner).respond(200, 'late');
    expect(bench.received).toEqual(['start', 'head 200', 'data whole', 'end']);
    expect([bench.at(0).aborted, bench.at(1).aborted]).toEqual([winner === 1, winner === 0]);
    expect([bench.inFlight, vi.getTimerCount()]).toEqual([0, 0]);
  });

  it('pass on the informational answers of the first, until that is set aside', () => {
    const bench = hedged();
    bench.at(1).start();
    bench.at(0).respond(103);
    bench.at(1).respond(103);
    expect(bench.received).toEqual(['start', 'head 103']);
  });

  it('keep a pause that was requested before an answer', () => {
    const bench = hedged();
    bench.at(1).start();
    bench.controller?.pause();
    expect(bench.controller?.paused).toBe(true);
    bench.at(1).handler.onResponseStart?.(bench.at(1), 200, {});
    expect(bench.at(1).paused).toBe(true);
    bench.controller?.resume();
    expect([bench.at(1).paused, bench.controller?.paused]).toEqual([false, false]);
  });

  it('forget a pause that was taken back before there was an answer', () => {
    const bench = hedged();
    bench.controller?.pause();
    bench.controller?.resume();
    bench.at(0).handler.onResponseStart?.(bench.at(0), 200, {});
    expect([bench.at(0).paused, bench.controller?.paused]).toEqual([false, false]);
  });

  it('end with an abort while the hedge connects, which is stopped when it has', () => {
    const bench = hedged();
    bench.controller?.abort(new Error('enough'));
    expect(bench.received).toEqual(['start', 'error enough']);
    expect(bench.at(1).start().aborted).toBe(true);
    expect([bench.received.length, bench.verdicts, bench.inFlight]).toEqual([2, ['ignore', 'ignore'], 0]);
  });

  it('end with an abort while the first connects and its hedge is under way', () => {
    const bench = new Bench();
    vi.advanceTimersByTime(20);
    bench.at(1).start();
    bench.controller?.abort(new Error('enough'));
    expect([bench.at(1).aborted, bench.at(0).start().aborted]).toEqual([true, true]);
    expect(bench.received).toEqual(['start', 'error enough']);
  });

  it('end with an abort while the hedge connects and the first has failed, whose controllers cannot report it', () => {
    const bench = hedged();
    bench.at(0).fail(Object.assign(new Error('reset'), { code: 'ECONNRESET' }));
    expect(bench.received).toEqual(['start']);
    bench.controller?.abort(new Error('enough'));
    expect(bench.received).toEqual(['start', 'error enough']);
    expect(bench.at(1).start().aborted).toBe(true);
    expect([bench.received.length, bench.verdicts, bench.inFlight]).toEqual([2, ['failure', 'ignore'], 0]);
  });

  it('end with an abort by a listener to the event of the hedge, which is not sent then', () => {
    const bench = new Bench();
    bench.at(0).start();
    bench.onEvent('hedge', () => bench.controller?.abort(new Error('enough')));
    vi.advanceTimersByTime(20);
    expect([bench.sent.length, bench.received, bench.inFlight]).toEqual([1, ['start', 'error enough'], 0]);
  });

  it('end with an abort without a controller, while the first connects, and leave no timer', () => {
    const bench = new Bench();
    bench.caller.abort(new Error('enough'));
    expect([bench.received, vi.getTimerCount()]).toEqual([['error enough'], 0]);
    expect(bench.at(0).start().aborted).toBe(true);
    vi.advanceTimersByTime(20);
    expect([bench.sent.length, bench.received.length]).toEqual([1, 1]);
  });

  it('end with a time limit, whichever of them still connects', () => {
    for (const connecting of [0, 1]) {
      const bench = new Bench({ attemptTimeoutMs: 50 });
      if (connecting === 1) bench.at(0).start();
      vi.advanceTimersByTime(20);
      if (connecting === 0) bench.at(1).start();
      vi.advanceTimersByTime(30);
      expect(bench.received).toEqual(['start', expect.stringMatching(/no answer to the attempt within 50 ms/)]);
      expect(bench.at(connecting).start().aborted).toBe(true);
      expect([bench.at(1 - connecting).aborted, bench.verdicts]).toEqual([true, ['failure', 'ignore']]);
    }
  });

  it('are followed by a retry that has none, and what comes late of them is dropped', () => {
    const bench = hedged({ retry: { backoff: () => 5 } });
    bench.at(1).start();
    for (const leg of [0, 1]) bench.at(leg).fail(Object.assign(new Error('reset'), { code: 'ECONNRESET' }));
    vi.advanceTimersByTime(5);
    bench.at(0).respond(200, 'late');
    bench.at(2).start().respond(200, 'again');
    expect(bench.received.slice(-3)).toEqual(['head 200', 'data again', 'end']);
    expect([bench.sent.length, vi.getTimerCount()]).toEqual([3, 0]);
  });

  it('are no evidence about the host where the handler throws at the answer', () => {
    const thrown = new Error('of the handler');
    const bench = new Bench({}, {}, thrown);
    bench.at(0).start();
    vi.advanceTimersByTime(20);
    const hedge = bench.at(1).start();
    expect(() => hedge.handler.onResponseStart?.(hedge, 200, {})).toThrow(thrown);
    hedge.fail(thrown);
    expect(bench.received).toEqual(['start', 'head 200', 'error of the handler']);
    expect([bench.at(0).aborted, bench.verdicts, bench.inFlight]).toEqual([true, ['success', 'ignore'], 0]);
  });

  it.each([{ method: 'CONNECT' }, { upgrade: 'websocket' }, { body: Readable.from(['once']) }])(
    'are one alone for %o',
    more => {
      const bench = new Bench({}, more);
      bench.at(0).start();
      vi.advanceTimersByTime(1_000);
      expect([bench.sent.length, bench.events]).toEqual([1, []]);
    },
  );
});

describe('a hedge, behind a real dispatcher,', () => {
  let server: ScriptedServer;
  let agent: Agent;

  beforeEach(async () => {
    server = await ScriptedServer.start();
    agent = new Agent();
  });
  afterEach(async () => {
    await agent.destroy();
    await server.close();
  });

  const over = (dispatcher: Dispatcher): Dispatcher => dispatcher.compose(breakerInterceptor(OPTIONS) as never);

  it('that waits for the one connection of its pool holds up neither the answer nor the next call', async () => {
    const pool = new Agent({ connections: 1 });
    server.always(answer(200, { body: 'one', delayMs: 60 }));
    const dispatcher = over(pool);
    for (let call = 0; call < 3; call++) {
      const { body } = await request(server.url(), { dispatcher });
      expect(await body.text()).toBe('one');
    }
    await pool.destroy();
  });

  it('that a closing dispatcher refuses leaves the answer to the first request', async () => {
    server.always(answer(200, { body: 'one', delayMs: 60 }));
    const answered = request(server.url(), { dispatcher: over(agent) });
    void agent.close();
    const { body } = await answered;
    expect(await body.text()).toBe('one');
  });

  it('is read at the pace of a handler of undici 6', async () => {
    server.next(hang);
    server.always(drip(5, 1));
    const received: string[] = [];
    await new Promise<void>((resolve, reject) => {
      let resume: () => void = () => undefined;
      const handler: LegacyHandler = {
        onConnect: () => void received.push('start'),
        onHeaders: (status, _headers, go) => {
          resume = go;
          return received.push(`head ${status}`) > 0;
        },
        onData: chunk => {
          received.push(...String(chunk).trim().split('\n'));
          setImmediate(() => resume());
          return false;
        },
        onComplete: () => resolve(),
        onError: reject,
      };
      over(agent).dispatch({ origin: server.origin, path: '/', method: 'GET' }, handler as never);
    });
    expect(received).toEqual(['start', 'head 200', '0', '1', '2', '3', '4']);
  });
});
