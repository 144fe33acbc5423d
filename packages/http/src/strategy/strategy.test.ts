/** Written on public imports only, as a user's own strategy is. */

import {
  type Answer,
  type BodySink,
  createHttpPolicy,
  type HttpPolicy,
  type HttpRequest,
  type Strategy,
  type StrategyCall,
} from '@cutout/http';
import type { AttemptResult } from '@cutout/http/adapter';
import { describe, expect, it } from 'vitest';

const URL_OF = (host: string): string => `https://${host}.example/items`;

function requestOf(host = 'a', more: Partial<HttpRequest> = {}): HttpRequest {
  return { method: 'GET', url: URL_OF(host), headers: { get: () => null }, replayable: true, ...more };
}

/** A strategy of a user's own, which keeps the last body of all, and a list of what its policy's calls did. */
interface Log {
  readonly lines: string[];
  kept?: string;
}

class Own implements Strategy<Log, number> {
  readonly name = 'stale';
  readonly #tag: string;

  constructor(tag = '') {
    this.#tag = tag;
  }

  createState(): Log {
    return { lines: [`${this.#tag}state`] };
  }

  joinState({ lines }: Log, option: string): void {
    if (this.#tag === 'odd ') throw new TypeError(`${option} is odd`);
    lines.push(`${this.#tag}join ${option}`);
  }

  begin({ state }: Omit<StrategyCall<Log>, 'begun'>): number {
    return state.lines.push(`${this.#tag}begin`);
  }

  responded(status: number | undefined, { state }: StrategyCall<Log, number>): void {
    state.lines.push(`${this.#tag}responded ${status}`);
  }

  keep({ status }: { status: number | undefined }, { state, begun }: StrategyCall<Log, number>): BodySink {
    state.lines.push(`${this.#tag}keep ${status} of ${begun}`);
    let body = '';
    return {
      add: chunk => {
        body += new TextDecoder().decode(chunk);
      },
      end: () => {
        state.kept = body;
      },
      drop: () => undefined,
    };
  }

  answer({ failure, status }: { failure: unknown; status: number | undefined }, { state }: StrategyCall<Log>) {
    state.lines.push(`${this.#tag}answer ${status ?? (failure as Error).message}`);
    if (state.kept === undefined) return undefined;
    const body = new TextEncoder().encode(state.kept);
    return { status: 200, statusText: '', headers: [], body, form: 'text', ageMs: 5, reason: 'own' } as Answer;
  }
}

/** What an adapter does: its responses are texts. */
const ADAPTER = {
  forms: ['text'],
  toResponse: ({ body }: Answer) => `kept ${new TextDecoder().decode(body)}`,
} as const;

function answering(status: number, text: string): () => Promise<AttemptResult<string>> {
  const keeping: AttemptResult<string>['keeping'] = () => ({
    headers: [],
    form: 'text',
    tap: sink => {
      sink.add(new TextEncoder().encode(text));
      sink.end();
      return text;
    },
  });
  return async () => ({ value: text, outcome: { kind: 'status', status }, keeping });
}

const failing = async (): Promise<never> => {
  throw new Error('failed');
};

/** The lines of a policy whose state is that of `strategy`. */
function loggingPolicy(options: Parameters<typeof createHttpPolicy>[0]): { policy: HttpPolicy; log: () => Log } {
  let log: Log | undefined;
  const spy = new (class extends Own {
    override createState(): Log {
      log = super.createState();
      return log;
    }
  })();
  const policy = createHttpPolicy({ retry: false, stale: spy, ...options });
  return { policy, log: () => log as Log };
}

describe('a strategy that keeps answers', () => {
  it('sees a call begin before anything is sent, its last status, and the answer that it may keep', async () => {
    const { policy, log } = loggingPolicy({});
    const attempt = answering(200, 'good');
    const sent = (): Promise<AttemptResult<string>> => {
      log().lines.push('send');
      return attempt();
    };
    expect(await policy.run(requestOf(), sent, {}, ADAPTER)).toBe('good');
    expect(log()).toEqual({ lines: ['state', 'begin', 'send', 'responded 200', 'keep 200 of 2'], kept: 'good' });
  });

  it('answers in place of a failing status, an error and a refusal, with an event and a count', async () => {
    const { policy, log } = loggingPolicy({});
    const events: unknown[] = [];
    policy.subscribe(event => event.type === 'stale' && events.push(event));
    const run = (attempt: () => Promise<AttemptResult<string>>): Promise<string> =>
      policy.run(requestOf(), attempt, {}, ADAPTER);
    await run(answering(200, 'good'));
    log().lines.length = 0;
    expect(await run(answering(503, 'bad'))).toBe('kept good');
    expect(await run(failing)).toBe('kept good');
    policy.breaker(URL_OF('a')).isolate();
    expect(await run(failing)).toBe('kept good');
    expect(log().lines.filter(line => line.startsWith('answer'))).toEqual([
      'answer 503',
      'answer failed',
      expect.stringMatching(/^answer .*isolated/),
    ]);
    expect(events).toMatchObject(Array(3).fill({ type: 'stale', key: 'https://a.example', ageMs: 5, reason: 'own' }));
    expect(policy.metricsOf(URL_OF('a'))?.staleAnswers).toBe(3);
  });

  it('is not called for a caller who has aborted, nor where it has no hook', async () => {
    const { policy, log } = loggingPolicy({});
    await policy.run(requestOf(), answering(200, 'good'), {}, ADAPTER);
    const own = new AbortController();
    const aborting = async (): Promise<never> => {
      own.abort(new Error('enough'));
      throw own.signal.reason;
    };
    await expect(policy.run(requestOf('a', { signal: own.signal }), aborting, {}, ADAPTER)).rejects.toThrow('enough');
    expect(log().lines.join()).not.toContain('answer');
    const bare = createHttpPolicy({ retry: false, stale: { name: 'stale', keep: () => undefined } });
    await expect(bare.run(requestOf(), failing, {}, ADAPTER)).rejects.toThrow('failed');
    expect(await bare.run(requestOf(), answering(200, 'good'), {}, ADAPTER)).toBe('good');
  });

  it('sees only the status of calls and hosts that have opted out, and of adapters that cannot take part', async () => {
    const { policy, log } = loggingPolicy({ hosts: { 'b.example': { stale: false } } });
    await policy.run(requestOf(), answering(200, 'good'), { stale: false }, ADAPTER);
    await policy.run(requestOf('b'), answering(200, 'good'), {}, ADAPTER);
    await policy.run(requestOf(), answering(200, 'good'), {}, {});
    await policy.run(requestOf(), answering(503, 'bad'), {}, {});
    const without = ['begin', 'responded 200'];
    expect(log().lines).toEqual(['state', ...without, ...without, ...without, 'begin', 'responded 503']);
  });
});

describe('the state of a strategy', () => {
  it("is the policy's: one object in two policies has two", async () => {
    const strategy = new Own();
    const [one, other] = [1, 2].map(() => createHttpPolicy({ retry: false, stale: strategy })) as [
      HttpPolicy,
      HttpPolicy,
    ];
    await one.run(requestOf(), answering(200, 'good'), {}, ADAPTER);
    await expect(other.run(requestOf(), failing, {}, ADAPTER)).rejects.toThrow('failed');
    expect(await one.run(requestOf(), failing, {}, ADAPTER)).toBe('kept good');
  });

  it('is made by the first strategy of the name, and shared by those of hosts and calls, whose hooks are called', async () => {
    const { policy, log } = loggingPolicy({ hosts: { 'b.example': { stale: new Own('host ') } } });
    await policy.run(requestOf('b'), answering(200, 'good'), {}, ADAPTER);
    expect(await policy.run(requestOf(), failing, { stale: new Own('call ') }, ADAPTER)).toBe('kept good');
    expect(log().lines).toEqual([
      'state',
      'host join hosts["b.example"].stale',
      'host begin',
      'host responded 200',
      'host keep 200 of 3',
      'call join cutout.stale',
      'call begin',
      'call responded undefined',
      'call answer failed',
    ]);
  });

  it('is refused to a strategy that cannot share it, before anything is sent', async () => {
    expect(() => loggingPolicy({ hosts: { b: { stale: new Own('odd ') } } })).toThrow('hosts["b"].stale is odd');
    const { policy } = loggingPolicy({});
    const unsent = async (): Promise<never> => expect.unreachable();
    await expect(policy.run(requestOf(), unsent, { stale: new Own('odd ') })).rejects.toThrow('cutout.stale is odd');
    expect(
      policy
        .metrics()
        .keys.flatMap(({ calls }) => Object.values(calls))
        .reduce((a, b) => a + b, 0),
    ).toBe(0);
  });

  it('is made by a call where neither the policy nor a host has one, and stays', async () => {
    const policy = createHttpPolicy({ retry: false });
    expect([policy.keepsAnswers(), policy.keepsAnswers({ stale: new Own() })]).toEqual([false, true]);
    await policy.run(requestOf(), answering(200, 'good'), { stale: new Own() }, ADAPTER);
    expect(policy.keepsAnswers()).toBe(true);
    expect(await policy.run(requestOf(), failing, { stale: new Own() }, ADAPTER)).toBe('kept good');
    await expect(policy.run(requestOf(), failing, {}, ADAPTER)).rejects.toThrow('failed');
  });
});

describe('the option stale', () => {
  const REFUSED = "must be what staleIfError() returns (import it from '@cutout/stale'), got";

  it.each([
    [true, 'true'],
    [{ maxStaleMs: 1 }, '{"maxStaleMs":1}'],
    [null, 'null'],
    [() => 1, 'a function'],
    [{ name: 'hedge', keep: () => 1 }, '{"name":"hedge"}'],
  ])('refuses %s, and names the import', async (value, shown) => {
    const stale = value as never;
    const message = `${REFUSED} ${shown}`;
    expect(() => createHttpPolicy({ stale })).toThrow(new TypeError(`stale ${message}`));
    expect(() => createHttpPolicy({ hosts: { 'a.com': { stale } } })).toThrow(
      new TypeError(`hosts["a.com"].stale ${message}`),
    );
    const call = createHttpPolicy().run(requestOf(), failing, { stale });
    await expect(call).rejects.toThrow(new TypeError(`cutout.stale ${message}`));
  });

  it('is named where its old name is given', async () => {
    const hint = "staleIfError is not an option; write stale: staleIfError(), imported from '@cutout/stale'";
    const old = { staleIfError: true } as object;
    expect(() => createHttpPolicy(old)).toThrow(new TypeError(hint));
    expect(() => createHttpPolicy({ hosts: { 'a.com': old } })).toThrow(new TypeError(`hosts["a.com"].${hint}`));
    const call = createHttpPolicy().run(requestOf(), failing, old);
    await expect(call).rejects.toThrow(new TypeError(`cutout.${hint}`));
  });
});
