/** A response, whether axios resolves with it or rejects because of `validateStatus`. */

import type { AttemptContext, AttemptResult } from '@cutout/http';
import {
  type AxiosAdapter,
  type AxiosError,
  AxiosHeaders,
  type AxiosResponse,
  type InternalAxiosRequestConfig,
} from 'axios';
import { isStream, type NodeStream, observe } from './observe-stream.ts';
import { keepingOf } from './read-body.ts';
import { accepts, copyOf } from './request.ts';

export class Answer {
  readonly #response: AxiosResponse;
  readonly #error: AxiosError | undefined;

  constructor(response: AxiosResponse, error: AxiosError | undefined) {
    this.#response = response;
    this.#error = error;
  }

  /** One attempt through the real adapter. Rejects with axios' own error where there was no answer. */
  static async of(
    client: AxiosAdapter,
    config: InternalAxiosRequestConfig,
    { signal, headers }: AttemptContext,
    callers: AbortSignal | undefined,
  ): Promise<AttemptResult<Answer>> {
    try {
      const response = await client(configOf(config, signal, headers, callers));
      return resultOf(new Answer(response, undefined), response, config);
    } catch (error) {
      const { response } = error as AxiosError;
      // An error with a response of a good status is about its body: cut short, for example.
      if (!response || accepts(config, response.status)) throw error;
      return resultOf(new Answer(response, error as AxiosError), response, config);
    }
  }

  /** What a fallback is shown: the error that axios would have thrown, or the response. */
  get failure(): AxiosError | AxiosResponse {
    return this.#error ?? this.#response;
  }

  unwrap(): AxiosResponse {
    if (this.#error) throw this.#error;
    return this.#response;
  }
}

/** Only a time limit of ours makes another signal, and only options headers; else the config goes through as it is. */
function configOf(
  config: InternalAxiosRequestConfig,
  signal: AbortSignal | undefined,
  headers: AttemptContext['headers'],
  callers: AbortSignal | undefined,
): InternalAxiosRequestConfig {
  if (signal === callers && !headers) return config;
  return copyOf(config, {
    ...(signal === callers ? {} : { signal }),
    ...(headers ? { headers: added(config, headers) } : {}),
  });
}

function added(config: InternalAxiosRequestConfig, headers: Readonly<Record<string, string>>): AxiosHeaders {
  return new AxiosHeaders(config.headers).set(headers);
}

function resultOf(value: Answer, response: AxiosResponse, config: InternalAxiosRequestConfig): AttemptResult<Answer> {
  // The config of the answer must be the caller's own, not the copy that a time limit made.
  response.config = config;
  const letGo = (): boolean => destroy(response.data);
  return {
    value,
    failure: value.failure,
    outcome: {
      kind: 'status',
      status: response.status,
      headers: headersOf(response),
      bodyPending: isStream(response.data),
    },
    keeping: () => keepingOf(value, response, config),
    watchBody: watch => observe(response.data as NodeStream, watch),
    release: async () => !letGo(),
    // A fallback may have handed the same body on.
    discard: answer => {
      if ((answer as AxiosResponse | undefined)?.data !== response.data) letGo();
    },
  };
}

/** A body that is handed out as a stream holds its connection; one that was read does not. */
function destroy(data: unknown): boolean {
  const { destroy, cancel, pipe } = (data ?? {}) as { destroy?(): void; cancel?(): Promise<void>; pipe?: unknown };
  if (typeof destroy === 'function' && typeof pipe === 'function') {
    destroy.call(data);
    return true;
  }
  if (typeof cancel !== 'function') return false;
  cancel.call(data).catch(() => undefined);
  return true;
}

function headersOf({ headers }: AxiosResponse): { get(name: string): string | null } {
  const fields = headers as Record<string, unknown>;
  return {
    get: name => {
      const value = fields[name];
      return value === undefined || value === null ? null : String(value);
    },
  };
}
