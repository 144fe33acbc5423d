import { Agent } from 'node:http';
import { bulkhead } from '@cutout/http';
import { answer, ScriptedServer, type Step } from '@cutout/testing';
import got, { type Got, type OptionsInit, type Response } from 'got';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type BreakerHooks, breakerHooks, type GotOptions } from './breaker-hooks.ts';

let unhandled: unknown[];
const note = (reason: unknown): void => void unhandled.push(reason);

beforeEach(() => {
  unhandled = [];
  process.on('unhandledRejection', note);
});
afterEach(() => {
  process.off('unhandledRejection', note);
});

type Hook = (...args: unknown[]) => unknown;

/** What an application may do in a hook. */
const DEEDS: Record<string, Hook> = {
  throws: () => {
    throw new Error('boom');
  },
  'throws the error of another host': () => {
    throw Object.assign(new Error('connect ECONNREFUSED 10.0.0.1:80'), { code: 'ECONNREFUSED', syscall: 'connect' });
  },
  rejects: async () => {
    throw new Error('boom');
  },
  'never settles': () => new Promise(() => undefined),
  'returns nonsense': () => 42,
};

interface Place {
  readonly options: (hook: Hook) => OptionsInit;
  readonly steps?: (server: ScriptedServer) => Step[];
  /** What the host itself has failed at. */
  readonly failures?: number;
  readonly policy?: GotOptions;
}

const cookies = (own: Record<string, Hook>): OptionsInit => ({
  cookieJar: { getCookieString: async () => '', setCookie: async () => undefined, ...own } as never,
});

const PLACES: Record<string, Place> = {
  beforeRequest: { options: hook => ({ hooks: { beforeRequest: [hook as never] } }) },
  init: { options: hook => ({ hooks: { init: [hook as never] } }) },
  afterResponse: { options: hook => ({ hooks: { afterResponse: [hook as never] } }) },
  beforeRedirect: {
    options: hook => ({ hooks: { beforeRedirect: [hook as never] } }),
    steps: ({ origin }) => [answer(302, { headers: { location: `${origin}/end` } })],
  },
  beforeRetry: {
    options: hook => ({ hooks: { beforeRetry: [hook as never] } }),
    steps: () => [answer(503)],
    policy: { retry: { backoff: () => 1 } },
    failures: 1,
  },
  beforeError: {
    options: hook => ({ hooks: { beforeError: [hook as never] } }),
    steps: () => [answer(404)],
  },
  beforeCache: { options: hook => ({ cache: new Map(), hooks: { beforeCache: [hook as never] } }) },
  request: { options: hook => ({ request: hook as never }) },
  'request under a cache': { options: hook => ({ cache: new Map(), request: hook as never }) },
  parseJson: {
    options: hook => ({ responseType: 'json', parseJson: hook as never }),
    steps: () => [answer(200, { body: '{}' })],
  },
  stringifyJson: { options: hook => ({ method: 'POST', json: {}, stringifyJson: hook as never }) },
  'cookieJar.getCookieString': { options: hook => cookies({ getCookieString: hook }) },
  'cookieJar.setCookie': {
    options: hook => cookies({ setCookie: hook }),
    steps: () => [answer(200, { headers: { 'set-cookie': 'a=b' } })],
  },
  dnsLookup: { options: hook => ({ dnsLookup: hook as never }) },
  createConnection: { options: hook => ({ createConnection: hook as never }) },
  agent: {
    options: hook => ({ agent: { http: Object.assign(new Agent(), { addRequest: hook }) as never } }),
  },
};

/** A function that connects reports what the host did. */
const CONNECTS = new Set(['dnsLookup', 'createConnection'].map(where => `${where} throws the error of another host`));

/** Where got waits for what the hook returns. */
const AWAITED = new Set([
  ...['beforeRequest', 'afterResponse', 'beforeRedirect', 'beforeRetry', 'beforeError'],
  ...['request', 'request under a cache', 'cookieJar.getCookieString', 'cookieJar.setCookie'],
]);
/** Where it waits to be called back, or for a socket. */
const CALLED_BACK = new Set(['dnsLookup', 'createConnection', 'agent']);

function hangs(where: string, deed: string): boolean {
  if (CALLED_BACK.has(where)) return !deed.startsWith('throws');
  return AWAITED.has(where) && deed === 'never settles';
}

const turn = (): Promise<void> => new Promise(resolve => setImmediate(resolve));

async function endOf(client: Got, place: Place, hook: Hook): Promise<string> {
  await using server = await ScriptedServer.start();
  server.next(...(place.steps?.(server) ?? []));
  const url = new URL(server.url());
  url.hostname = 'localhost';
  try {
    return String(((await client(url.href, place.options(hook))) as Response).statusCode);
  } catch (error) {
    return `${(error as Error).name}: ${(error as Error).message.replaceAll(/\d{5}/g, 'PORT')}`;
  }
}

function failures({ policy }: BreakerHooks): number {
  return policy.metrics().keys.reduce((sum, key) => sum + key.answers.failure, 0);
}

function held({ policy }: BreakerHooks): number {
  return policy.metrics().keys.reduce((sum, key) => sum + key.inFlight + (key.bulkhead?.inFlight ?? 0), 0);
}

describe('a hook of the application', () => {
  for (const [where, place] of Object.entries(PLACES)) {
    for (const [deed, hook] of Object.entries(DEEDS)) {
      it(`in ${where} that ${deed} ends as without us, within the limits, and says nothing of the host`, async () => {
        const isStuck = hangs(where, deed);
        const bare = isStuck ? undefined : await endOf(got.extend({ retry: { limit: 0 } }), place, hook);
        await turn();
        // What a function that got calls back returns is nothing to got: its rejection is the application's.
        const unhandledByGot = isStuck && deed === 'rejects' ? 1 : unhandled.splice(0).length;
        const hooks = breakerHooks({
          retry: false,
          attemptTimeoutMs: isStuck ? 100 : 10_000,
          totalTimeoutMs: isStuck ? 250 : 15_000,
          bulkhead: bulkhead({ maxConcurrent: 5 }),
          ...place.policy,
        });
        const client = got.extend(hooks, where === 'beforeRetry' ? {} : { retry: { limit: 0 } });
        const guarded = await endOf(client, place, hook);
        if (isStuck) expect(guarded).toMatch(/^(TimeoutError|RequestError): \[@cutout\/http\] no/);
        else if (where !== 'beforeRetry') expect(guarded).toBe(bare);
        expect(held(hooks)).toBe(0);
        if (!CONNECTS.has(`${where} ${deed}`)) expect(failures(hooks)).toBe(place.failures ?? 0);
        await turn();
        expect(unhandled).toHaveLength(unhandledByGot);
      });
    }
  }
});
