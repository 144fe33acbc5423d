/** An adapter that asks the circuit before it lets the real one at the network. */

import { type AttemptContext, type AttemptResult, type DoorPolicy, doorOf, runAsOuter } from '@cutout/http';
import {
  type AxiosAdapter,
  type AxiosInstance,
  type AxiosResponse,
  getAdapter,
  type InternalAxiosRequestConfig,
} from 'axios';
import { Answer } from './answer.ts';
import { takeOverFromAxiosRetry } from './axios-retry.ts';
import { asAxiosError } from './errors.ts';
import { copyOf, describe } from './request.ts';
import { staleDoorOf } from './stale-response.ts';

type AdapterOption = InternalAxiosRequestConfig['adapter'];

const guarded = new WeakSet<object>();

export function isGuarded(adapter: AdapterOption): boolean {
  return typeof adapter === 'function' && guarded.has(adapter);
}

export function guardAdapter(
  instance: AxiosInstance,
  adapter: AdapterOption,
  { policy, door }: DoorPolicy,
): AxiosAdapter {
  const guard: AxiosAdapter = async config => {
    const client = passingBy(getAdapter(adapter ?? 'http', config as never) as AxiosAdapter);
    if (config.cutout === false) return runAsOuter(undefined, () => client(config));
    const described = describe(instance, config, policy.keepsStale);
    try {
      if (!policy.guards(described.request)) return await client(config);
      if (policy.retries(described.request, config.cutout)) takeOverFromAxiosRetry(config);
      const attempt = (context: AttemptContext): Promise<AttemptResult<Answer>> =>
        Answer.of(client, config, context, described.request.signal);
      const own = (failure: unknown): unknown => asAxiosError(failure, config, described.request.signal);
      const within = { ...door, own, ...(policy.keepsStale ? staleDoorOf(config, adapter) : {}) };
      const answer = await policy.run<Answer | AxiosResponse>(described.request, attempt, config.cutout, within);
      return answer instanceof Answer ? answer.unwrap() : answer;
    } catch (error) {
      throw asAxiosError(error, config, described.request.signal);
    } finally {
      described.end();
    }
  };
  guarded.add(guard);
  return guard;
}

/** A fetch under the fetch adapter that is a door too passes by: its init, which the adapter hands on, tells it so. */
function passingBy(client: AxiosAdapter): AxiosAdapter {
  return config => {
    const { env } = config as InternalAxiosRequestConfig & { env?: { fetch?: unknown } };
    return doorOf(env?.fetch ?? globalThis.fetch) === undefined ? client(config) : throughInnerDoor(client, config);
  };
}

async function throughInnerDoor(client: AxiosAdapter, config: InternalAxiosRequestConfig): Promise<AxiosResponse> {
  const { fetchOptions } = config as InternalAxiosRequestConfig & { fetchOptions?: object };
  const response = await client(copyOf(config, { fetchOptions: { ...fetchOptions, cutout: false } }));
  response.config = config;
  return response;
}
