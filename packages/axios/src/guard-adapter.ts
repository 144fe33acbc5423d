/** An adapter that asks the circuit before it lets the real one at the network. */

import type { AttemptContext, AttemptResult, HttpPolicy } from '@cutout/http';
import {
  type AxiosAdapter,
  type AxiosInstance,
  type AxiosResponse,
  getAdapter,
  type InternalAxiosRequestConfig,
} from 'axios';
import { Answer } from './answer.ts';
import { asAxiosError } from './errors.ts';
import { describe } from './request.ts';

type AdapterOption = InternalAxiosRequestConfig['adapter'];

const guarded = new WeakSet<object>();

export function isGuarded(adapter: AdapterOption): boolean {
  return typeof adapter === 'function' && guarded.has(adapter);
}

export function guardAdapter(instance: AxiosInstance, adapter: AdapterOption, policy: HttpPolicy): AxiosAdapter {
  const guard: AxiosAdapter = async config => {
    const client = getAdapter(adapter ?? 'http', config as never) as AxiosAdapter;
    const described = describe(instance, config);
    try {
      if (!policy.guards(described.request)) return await client(config);
      const attempt = (context: AttemptContext): Promise<AttemptResult<Answer>> =>
        Answer.of(client, config, context, described.request.signal);
      const call = config.cutout === false ? undefined : config.cutout;
      const answer: unknown = await policy.run(described.request, attempt, call);
      return answer instanceof Answer ? answer.unwrap() : (answer as AxiosResponse);
    } catch (error) {
      throw asAxiosError(error, config, described.request.signal);
    } finally {
      described.end();
    }
  };
  guarded.add(guard);
  return guard;
}
