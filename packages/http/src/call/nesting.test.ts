import { AsyncLocalStorage, AsyncResource } from 'node:async_hooks';
import { describe, expect, it } from 'vitest';
import { hedge } from '../hedge/hedge.ts';
import type { HttpRequest } from '../outcome/request.ts';
import { createHttpPolicy } from '../policy/policy.ts';
import { enableNesting, isExhausted, isGuardedBy, isNested, markExhausted, runAsOuter } from './nesting.ts';

const request: HttpRequest = {
  method: 'GET',
  url: 'https://a.example/',
  headers: { get: () => null },
  replayable: true,
};
const soon = { retry: { maxRetries: 2, backoff: () => 0 } };
const status = (value: object, code = 503) => ({ value, outcome: { kind: 'status', status: code } as const });

describe('a call in the care of an adapter', () => {
  it('is known to what runs inside it, while it runs', async () => {
    enableNesting();
    const there = () => [isGuardedBy('https://a.example'), isGuardedBy('https://b.example'), isNested()];
    let later: (() => boolean[]) | undefined;
    await runAsOuter('https://a.example', async () => {
      expect(there()).toEqual([true, false, true]);
      await runAsOuter('https://b.example', async () => expect(there()).toEqual([false, true, true]));
      await runAsOuter(undefined, async () => expect(there()).toEqual([true, true, true]));
      later = AsyncResource.bind(there);
    });
    expect(there()).toEqual([false, false, false]);
    expect(later?.()).toEqual([false, false, false]);
  });

  it('is guarded by no other policy, and passed by whole where it is to be passed by', async () => {
    enableNesting();
    const [outer, inner] = [createHttpPolicy(), createHttpPolicy()];
    const attempt = () => inner.run(request, async () => status({}, 200)).then(value => status(value, 200));
    await outer.run(request, attempt);
    await outer.run(request, attempt, false);
    expect(inner.registry.size).toBe(0);
    await attempt();
    expect(inner.registry.size).toBe(1);
  });

  it('is passed by too once a limit has ended it, until its client is done', async () => {
    enableNesting();
    const [outer, inner] = [createHttpPolicy({ retry: false, attemptTimeoutMs: 5 }), createHttpPolicy()];
    let goOn: (() => void) | undefined;
    let client: Promise<unknown> | undefined;
    const attempt = async () => {
      await new Promise<void>(resolve => {
        goOn = resolve;
      });
      return status(await inner.run(request, async () => status({}, 200)), 200);
    };
    const call = outer.run(request, () => {
      client = attempt();
      return client as ReturnType<typeof attempt>;
    });
    await expect(call).rejects.toThrow('5 ms');
    goOn?.();
    await client;
    expect(inner.registry.size).toBe(0);
  });
});

describe('a call to another origin inside a call', () => {
  const other: HttpRequest = { ...request, url: 'https://b.example/' };
  const always = { hedge: hedge({ delayMs: 1, minimumSamples: 0 }), ...soon };

  it('is guarded, and neither retried nor hedged', async () => {
    enableNesting();
    const [outer, inner] = [createHttpPolicy(soon), createHttpPolicy(always)];
    let sent = 0;
    const send = async () => {
      sent += 1;
      return status({});
    };
    await outer.run(request, async () => {
      expect(inner.guards(other)).toBe(true);
      expect(inner.retries(other)).toBe(false);
      await inner.run(other, send);
      return status({}, 200);
    });
    expect(sent).toBe(1);
    expect(inner.metricsOf(other.url)?.answers.failure).toBe(1);
    await inner.run(other, send);
    expect(sent).toBe(4);
  });

  it('opens the circuit of that origin, and leaves that of the outer call alone', async () => {
    enableNesting();
    const policy = createHttpPolicy({ retry: false });
    const refused: unknown[] = [];
    for (let i = 0; i < 6; i++) {
      await policy.run(request, async () => {
        await policy.run(other, async () => status({})).catch(error => refused.push(error.code));
        return status({}, 200);
      });
    }
    expect(refused).toEqual(['ERR_CIRCUIT_OPEN']);
    expect(policy.breaker(request.url).state).toBe('closed');
  });
});

describe('an answer that an inner adapter gave up on', () => {
  it('is found through the causes of an error, and only so far', () => {
    const error = new Error('dead');
    markExhausted(error);
    let far: Error = error;
    for (let i = 0; i < 9; i++) far = new Error('around', { cause: far });
    expect(isExhausted(far)).toBe(true);
    expect(isExhausted(new Error('further', { cause: far }))).toBe(false);
    expect(isExhausted({})).toBe(false);
    markExhausted('a text');
    expect(isExhausted('a text')).toBe(false);
  });

  it.each(['answers', 'errors'])('is not tried again by an outer one: %s', async how => {
    const reasons: string[] = [];
    const [outer, inner] = [createHttpPolicy(soon), createHttpPolicy(soon)];
    outer.subscribe(event => event.type === 'retry-refused' && reasons.push(event.reason));
    let sent = 0;
    const send = async () => {
      sent += 1;
      if (how === 'answers') return status({});
      throw Object.assign(new Error('dead'), { code: 'ECONNRESET' });
    };
    const run = async () => status(await outsideOfCall(() => inner.run(request, send)));
    await outer.run(request, run).catch(() => undefined);
    expect({ sent, reasons }).toEqual({ sent: 3, reasons: ['inner-adapter'] });
  });

  it('is tried again where the inner adapter does not retry', async () => {
    const [outer, inner] = [createHttpPolicy(soon), createHttpPolicy({ retry: false })];
    let sent = 0;
    const send = async () => {
      sent += 1;
      return status({});
    };
    await outer.run(request, async () => status(await outsideOfCall(() => inner.run(request, send))));
    expect(sent).toBe(3);
  });
});

/** As on a platform without async contexts. */
const outsideOfCall: <T>(run: () => Promise<T>) => Promise<T> = AsyncLocalStorage.snapshot();
