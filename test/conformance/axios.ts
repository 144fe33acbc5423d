/** The axios adapter for the conformance table. */

import { Readable } from 'node:stream';
import { attachBreaker } from '@cutout/axios';
import type { Fallback, HttpPolicyOptions } from '@cutout/http';
import type { ClientAnswer, ClientRequest, ClientUnderTest, FallbackUnderTest } from '@cutout/testing';
import axios, { AxiosHeaders, type AxiosInstance, type AxiosRequestConfig, type AxiosResponse } from 'axios';

export function axiosClient(options: HttpPolicyOptions, fallback?: FallbackUnderTest): ClientUnderTest {
  const instance = axios.create({ transformResponse: data => data });
  const own: Fallback<AxiosResponse> = (failure, context) => {
    const { status, body } = (fallback as FallbackUnderTest)(failure, context);
    return { status, statusText: '', headers: {}, data: body, config: { headers: new AxiosHeaders() } };
  };
  const detach = attachBreaker(instance, options as HttpPolicyOptions<never>, fallback ? { fallback: own } : {});
  return { policy: detach.policy, send: sending(instance) };
}

export function sending(instance: AxiosInstance): ClientUnderTest['send'] {
  return async request => answerOf(await respond(() => instance.request(configOf(request))));
}

function configOf({ body, signal, cutout, ...rest }: ClientRequest): AxiosRequestConfig {
  return {
    ...rest,
    ...(body === undefined ? {} : { data: typeof body === 'string' ? body : Readable.from(body) }),
    ...(signal ? { signal } : {}),
    ...(cutout === undefined ? {} : { cutout: cutout as never }),
    // follow-redirects keeps a copy of a streamed body in memory, to send it again.
    ...(typeof body === 'object' ? { maxRedirects: 0 } : {}),
  };
}

/** An error with a bad status is an answer; one with a good status is a broken body. */
async function respond(send: () => Promise<AxiosResponse>): Promise<AxiosResponse> {
  try {
    return await send();
  } catch (error) {
    const { response } = error as { response?: AxiosResponse };
    if (response && response.status >= 300) return response;
    throw error;
  }
}

function answerOf({ status, headers, data }: AxiosResponse): ClientAnswer {
  return { status, cacheStatus: headers['cache-status'], text: async () => String(data), discard: () => undefined };
}
