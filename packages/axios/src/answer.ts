/** A response, whether axios resolves with it or rejects because of `validateStatus`. */

import { type AttemptContext, type AttemptResult, failureBeforeSending } from '@cutout/http/adapter';
import {
  type AxiosAdapter,
  AxiosError,
  AxiosHeaders,
  type AxiosResponse,
  type InternalAxiosRequestConfig,
} from 'axios';
import { isAccepted } from './application-hooks.ts';
import type { AxiosRequest } from './axios-request.ts';
import { isOddSignal } from './caller-signal.ts';
import { copyOf, restoreConfig } from './config-copy.ts';
import { followStream, isStream } from './follow-stream.ts';
import { followWebStream, isWebStream } from './follow-web-stream.ts';
import { keepingOf } from './read-body.ts';
import { factsOf } from './response-facts.ts';
import { StreamEnd } from './stream-end.ts';

export class Answer {
  readonly #response: AxiosResponse;
  readonly #error: AxiosError | undefined;
  /** Where the body is handed out. */
  readonly stream: StreamEnd | undefined;

  constructor(response: AxiosResponse, error: AxiosError | undefined, stream?: StreamEnd) {
    this.#response = response;
    this.#error = error;
    this.stream = stream;
  }

  /** One attempt through the real adapter. Rejects with axios' own error where there was no answer. */
  static async of(
    client: AxiosAdapter,
    config: InternalAxiosRequestConfig,
    context: AttemptContext,
    request: AxiosRequest,
  ): Promise<AttemptResult<Answer>> {
    const failure = failureBeforeSending(config.data);
    if (failure) throw AxiosError.from(failure, undefined, config);
    try {
      const response = await client(configOf(config, context, request));
      return resultOf(response, undefined, request);
    } catch (error) {
      const hook = request.hookFailure();
      if (hook) return hookResult(hook.error);
      const response = responseWithin(error);
      // An error with a response of a good status is about its body: cut short, for example.
      if (!response || isAccepted(config, response.status, error)) throw error;
      return resultOf(response, error as AxiosError, request);
    }
  }

  /** What a fallback is shown: the error that axios would have thrown, or the response. */
  get failure(): AxiosError | AxiosResponse {
    return this.#error ?? this.#response;
  }

  unwrap(): AxiosResponse {
    if (this.#error !== undefined) throw this.#error;
    return this.#response;
  }
}

/** The caller's own config, or a copy where this adapter sets a signal, a header or a body. */
function configOf(
  config: InternalAxiosRequestConfig,
  { signal, headers }: AttemptContext,
  request: AxiosRequest,
): InternalAxiosRequestConfig {
  const changes = {
    ...request.changes,
    ...(signal === request.signal || isOddSignal(config.signal) ? {} : { signal }),
    ...(headers ? { headers: added(request.changes.headers ?? config.headers, headers) } : {}),
  };
  return Object.keys(changes).length > 0 ? copyOf(config, changes) : config;
}

function added(own: InternalAxiosRequestConfig['headers'], headers: Readonly<Record<string, string>>): AxiosHeaders {
  return new AxiosHeaders(own).set(headers);
}

function responseWithin(error: unknown): AxiosResponse | undefined {
  const { response } = (error ?? {}) as Partial<AxiosError>;
  return isResponse(response) ? response : undefined;
}

/** Adapters of other makes may answer with anything. */
function isResponse(response: unknown): response is AxiosResponse {
  return typeof (response as Partial<AxiosResponse> | null | undefined)?.status === 'number';
}

/** The application's own function failed: no evidence about the host. */
function hookResult(error: unknown): AttemptResult<Answer> {
  const value = new Answer({} as AxiosResponse, error as AxiosError);
  return { value, failure: error, outcome: { kind: 'local', error } };
}

function resultOf(
  response: AxiosResponse,
  error: AxiosError | undefined,
  request: AxiosRequest,
): AttemptResult<Answer> {
  if (!isResponse(response)) return { value: new Answer(response, error), outcome: { kind: 'local' } };
  restoreConfig(response);
  const stream = follow(response, request);
  const { data } = response;
  const value = new Answer(response, error, stream);
  const release = (): boolean => destroy(data);
  return {
    value,
    failure: value.failure,
    outcome: {
      ...factsOf(response, request, request.socketPath !== undefined),
      bodyPending: stream !== undefined,
    },
    keeping: () => keepingOf(value, response, request.config),
    trackBody: watch => stream?.watch(watch),
    release: async () => !release(),
    // A fallback may have handed the same body on.
    discard: answer => {
      if ((answer as AxiosResponse | undefined)?.data !== data) release();
    },
  };
}

/** Where the body is handed out as a stream, which may be another one then. */
function follow(response: AxiosResponse, { signal }: AxiosRequest): StreamEnd | undefined {
  const { data } = response;
  if (isStream(data)) {
    const end = new StreamEnd(signal);
    followStream(data, response.request, end);
    return end;
  }
  if (!isWebStream(data) || !Reflect.isExtensible(response)) return undefined;
  const end = new StreamEnd(signal);
  response.data = followWebStream(data, end);
  return end;
}

/** A body that is handed out as a stream holds its connection; one that was read does not. */
function destroy(data: unknown): boolean {
  const { destroy, cancel, pipe } = (data ?? {}) as { destroy?(): void; cancel?(): Promise<void>; pipe?: unknown };
  if (typeof destroy === 'function' && typeof pipe === 'function') {
    destroy.call(data);
    return true;
  }
  if (typeof cancel !== 'function') return false;
  cancel.call(data)?.catch(() => undefined);
  return true;
}
