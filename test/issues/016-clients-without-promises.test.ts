/** A stub of a client may answer with a plain value, or with a thenable of another library: each option must take it. */

import { attachBreaker } from '@cutout/axios';
import { createFetch } from '@cutout/fetch';
import { bulkhead, createHttpPolicy, type HttpPolicyOptions, hedge } from '@cutout/http';
import axios, { type AxiosAdapter, type InternalAxiosRequestConfig } from 'axios';
import { describe, expect, it } from 'vitest';

const OPTIONS: Record<string, HttpPolicyOptions<never>> = {
  'no option': {},
  'no retries': { retry: false },
  'a limit of the attempt': { attemptTimeoutMs: 5_000 },
  'a limit of the call': { totalTimeoutMs: 5_000 },
  'both limits': { attemptTimeoutMs: 5_000, totalTimeoutMs: 6_000 },
  'a bulkhead': { bulkhead: bulkhead({ maxConcurrent: 1 }) },
  'a hedge and a limit': { hedge: hedge({ delayMs: 1_000 }), attemptTimeoutMs: 5_000 },
};

const SHAPES: Record<string, <T>(answer: T) => Promise<T>> = {
  'a plain value': <T>(answer: T) => answer as unknown as Promise<T>,
  'a thenable': <T>(answer: T) =>
    // biome-ignore lint/suspicious/noThenProperty: a thenable is what is meant
    ({ then: (resolve: (value: T) => void) => resolve(answer) }) as unknown as Promise<T>,
};

const url = 'https://a.example/';

describe.each(Object.entries(SHAPES))('a client that answers with %s', (_, shape) => {
  it.each(Object.entries(OPTIONS))('works behind fetch with %s', async (_name, options) => {
    const client = createFetch({ ...options, fetch: () => shape(new Response('ok')) });
    expect(await (await client(url)).text()).toBe('ok');
  });

  it.each(Object.entries(OPTIONS))('works behind axios with %s', async (_name, options) => {
    const answer = (config: InternalAxiosRequestConfig) => ({
      data: 'ok',
      status: 200,
      statusText: 'OK',
      headers: {},
      config,
    });
    const adapter: AxiosAdapter = config => shape(answer(config));
    const client = axios.create({ adapter });
    attachBreaker(client, options);
    expect((await client.get(url)).data).toBe('ok');
  });

  it.each(Object.entries(OPTIONS))('works as an attempt of a policy with %s', async (_name, options) => {
    const policy = createHttpPolicy(options);
    const request = { method: 'GET', url, headers: { get: () => null }, replayable: true };
    const attempt = () => shape({ value: 'ok', outcome: { kind: 'status', status: 200 } as const });
    expect(await policy.run(request, attempt)).toBe('ok');
  });
});
