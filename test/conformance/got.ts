/** The got adapter for the conformance table. */

import { Readable } from 'node:stream';
import { breakerHooks, type GotAnswer } from '@cutout/got';
import type { Fallback, HttpPolicyOptions } from '@cutout/http';
import type { ClientAnswer, ClientRequest, ClientUnderTest, FallbackUnderTest } from '@cutout/testing';
import got, { type Got, HTTPError, type OptionsInit, type Response } from 'got';

export function gotClient(options: HttpPolicyOptions, fallback?: FallbackUnderTest): ClientUnderTest {
  const own: Fallback<GotAnswer> = (failure, context) => {
    const { status, body } = (fallback as FallbackUnderTest)(failure, context);
    return { statusCode: status, body };
  };
  const hooks = breakerHooks(options as HttpPolicyOptions<never>, fallback ? { fallback: own } : {});
  // `retry: false` leaves got's own retries in force, which the table does not cover.
  const client = got.extend({ retry: { limit: 0 } }, hooks);
  return { policy: hooks.policy, send: sending(client) };
}

export function sending(client: Got): ClientUnderTest['send'] {
  return async request =>
    answerOf(await respond(() => client(request.url, optionsOf(request)) as Promise<Response<string>>));
}

function optionsOf({ body, signal, cutout, method, headers }: ClientRequest): OptionsInit {
  return {
    method: method as 'GET',
    headers,
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : Readable.from(body) }),
    ...(signal ? { signal } : {}),
    ...(cutout === undefined ? {} : { context: { cutout } }),
  };
}

/** An error with a bad status is an answer. */
async function respond(send: () => Promise<Response<string>>): Promise<Response<string>> {
  try {
    return await send();
  } catch (error) {
    if (error instanceof HTTPError) return error.response as Response<string>;
    throw error;
  }
}

function answerOf({ statusCode, headers, body }: Response<string>): ClientAnswer {
  const cacheStatus = headers['cache-status']?.toString();
  return { status: statusCode, cacheStatus, text: async () => body, discard: () => undefined };
}
