/** An adapter that asks the circuit before it lets the real one at the network. */

import { type AttemptContext, type AttemptResult, type DoorPolicy, doorOf, runAsOuter } from '@cutout/http';
import {
  type AxiosAdapter,
  type AxiosInstance,
  type AxiosResponse,
  getAdapter,
  type InternalAxiosRequestConfig,
} from 'axios';
import { type AdapterName, type AdapterOption, adapterNameOf } from './adapter-name.ts';
import { Answer } from './answer.ts';
import { AxiosRequest } from './axios-request.ts';
import { takeOverFromAxiosRetry } from './axios-retry.ts';
import { copyOf, restoreConfig } from './config-copy.ts';
import { asAxiosError } from './errors.ts';
import { witnessed } from './fetch-witness.ts';
import { answerAdapterOf } from './kept-response.ts';

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
    const name = adapterNameOf(adapter ?? 'http');
    const client = passingBy(clientOf(name, adapter, config), config);
    if (config.cutout === false) return runAsOuter(undefined, () => client(config));
    const isKept = policy.keepsAnswers(config.cutout);
    const request = new AxiosRequest({ instance, config, adapter: name, isKept });
    let end = request.end;
    try {
      if (!policy.guards(request)) return await client(config);
      const retries = policy.retries(request, config.cutout);
      if (retries) takeOverFromAxiosRetry(config);
      if (retries || policy.hedges) request.repeatForm();
      const attempt = (context: AttemptContext): Promise<AttemptResult<Answer>> =>
        Answer.of(client, config, context, request);
      const own = (failure: unknown): unknown => asAxiosError(failure, config, request.signal);
      const within = { ...door, own, ...(isKept ? answerAdapterOf(config, adapter) : {}) };
      const answer = await policy.run<Answer | AxiosResponse>(request, attempt, config.cutout, within);
      if (!(answer instanceof Answer)) return answer;
      // A body that is still to come may be aborted.
      if (answer.stream) end = () => answer.stream?.ended(request.end);
      return answer.unwrap();
    } catch (error) {
      throw asAxiosError(error, config, request.signal);
    } finally {
      end();
    }
  };
  guarded.add(guard);
  return guard;
}

/** Axios binds its fetch adapter to the fetch of the config. */
function clientOf(name: AdapterName, adapter: AdapterOption, config: InternalAxiosRequestConfig): AxiosAdapter {
  const bound = name === 'fetch' ? { ...config, ...witnessed(config) } : config;
  return getAdapter(adapter ?? 'http', bound as never) as AxiosAdapter;
}

/** A fetch under the fetch adapter that is a door too passes by: its init, which the adapter hands on, tells it so. */
function passingBy(client: AxiosAdapter, config: InternalAxiosRequestConfig): AxiosAdapter {
  const { env } = config as InternalAxiosRequestConfig & { env?: { fetch?: unknown } };
  if (doorOf(env?.fetch ?? globalThis.fetch) === undefined) return client;
  return sent => throughInnerDoor(client, sent);
}

async function throughInnerDoor(client: AxiosAdapter, config: InternalAxiosRequestConfig): Promise<AxiosResponse> {
  const { fetchOptions } = config as InternalAxiosRequestConfig & { fetchOptions?: object };
  const response = await client(copyOf(config, { fetchOptions: { ...fetchOptions, cutout: false } }));
  restoreConfig(response);
  return response;
}
