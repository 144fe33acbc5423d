/** A transport of axios, which axios calls an adapter, that runs each request through the policy. */

import {
  type AdapterPolicy,
  type AttemptContext,
  type AttemptResult,
  adapterOf,
  runAsOuter,
} from '@cutout/http/adapter';
import {
  type AxiosAdapter,
  type AxiosInstance,
  type AxiosResponse,
  getAdapter,
  type InternalAxiosRequestConfig,
} from 'axios';
import { Answer } from './answer.ts';
import { AxiosRequest } from './axios-request.ts';
import { takeOverFromAxiosRetry } from './axios-retry.ts';
import { copyOf, restoreConfig } from './config-copy.ts';
import { asAxiosError } from './errors.ts';
import { witnessed } from './fetch-witness.ts';
import { answerAdapterOf } from './kept-response.ts';
import { type TransportName, type TransportOption, transportNameOf } from './transport-name.ts';

const guarded = new WeakSet<object>();

export function isGuarded(transport: TransportOption): boolean {
  return typeof transport === 'function' && guarded.has(transport);
}

export function guardTransport(
  instance: AxiosInstance,
  transport: TransportOption,
  { policy, adapter: breakerAdapter }: AdapterPolicy,
): AxiosAdapter {
  const name = transportNameOf(transport ?? 'http');
  // axios binds only its fetch transport to the config, and refuses an unknown one in its own words, for each request.
  let bound: AxiosAdapter | undefined;
  const clientFor = (config: InternalAxiosRequestConfig): AxiosAdapter => {
    if (name === 'fetch') return clientOf(name, transport, config);
    bound ??= clientOf(name, transport, config);
    return bound;
  };
  const mayHedge = policy.strategies.some(({ name }) => name === 'hedge');
  const guard: AxiosAdapter = async config => {
    const client = bypassing(clientFor(config), config);
    if (config.cutout === false) return runAsOuter(undefined, () => client(config));
    const isKept = policy.keepsAnswers(config.cutout);
    const request = new AxiosRequest({ instance, config, adapter: name, isKept });
    let end = request.end;
    try {
      if (!policy.guards(request)) return await client(config);
      const retries = policy.retries(request, config.cutout);
      if (retries) takeOverFromAxiosRetry(config);
      if (retries || mayHedge) request.repeatForm();
      const attempt = (context: AttemptContext): Promise<AttemptResult<Answer>> =>
        Answer.of(client, config, context, request);
      const own = (failure: unknown): unknown => asAxiosError(failure, config, request.signal);
      const within = { ...breakerAdapter, own, ...(isKept ? answerAdapterOf(config, transport) : {}) };
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

/** axios binds its fetch transport to the fetch of the config. */
function clientOf(name: TransportName, transport: TransportOption, config: InternalAxiosRequestConfig): AxiosAdapter {
  const bound = name === 'fetch' ? { ...config, ...witnessed(config) } : config;
  return getAdapter(transport ?? 'http', bound as never) as AxiosAdapter;
}

/** A guarded fetch under the fetch transport must not guard the request again: its init carries the mark. */
function bypassing(client: AxiosAdapter, config: InternalAxiosRequestConfig): AxiosAdapter {
  const { env } = config as InternalAxiosRequestConfig & { env?: { fetch?: unknown } };
  if (adapterOf(env?.fetch ?? globalThis.fetch) === undefined) return client;
  return sent => throughInnerAdapter(client, sent);
}

async function throughInnerAdapter(client: AxiosAdapter, config: InternalAxiosRequestConfig): Promise<AxiosResponse> {
  const { fetchOptions } = config as InternalAxiosRequestConfig & { fetchOptions?: object };
  const response = await client(copyOf(config, { fetchOptions: { ...fetchOptions, cutout: false } }));
  restoreConfig(response);
  return response;
}
