/** The fetch adapter: fetch's own signature, with a circuit behind it. */

import { checkFunction, checkObject, show } from '@cutout/core/internal';
import {
  type Fallback,
  type HttpCallOptions,
  type HttpPolicy,
  type HttpPolicyOptions,
  isHttpPolicy,
} from '@cutout/http';
import {
  type AdapterPolicy,
  type AnswerAdapter,
  adapterOf,
  adapterPolicy,
  asAdapter,
  runAsOuter,
} from '@cutout/http/adapter';
import { FetchSender } from './fetch-sender.ts';
import { toResponse } from './kept-response.ts';
import { describe, type FetchInit, type FetchInput } from './request.ts';

/** What belongs to this adapter rather than to the policy. */
export interface FetchAdapterOptions {
  /** The fetch to wrap. @default globalThis.fetch, looked up at each call */
  readonly fetch?: typeof globalThis.fetch;
  /** Stands before the fallback of a policy that is shared; `false`: none. */
  readonly fallback?: false | Fallback<Response>;
}

const MADE_BY = 'createFetch';

const KEPT: AnswerAdapter<Response> = { forms: ['plain'], toResponse };

export type FetchOptions = HttpPolicyOptions<Response> & FetchAdapterOptions;

/** Fetch's init, with this suite's overrides for one call; `cutout: false` passes by. */
export type CutoutInit = FetchInit & { readonly cutout?: HttpCallOptions<Response> };

/** Assignable to `typeof fetch`. */
export interface CutoutFetch {
  (input: FetchInput, init?: CutoutInit): Promise<Response>;
  /** The policy behind it: pass it to another adapter to share its circuits. */
  readonly policy: HttpPolicy;
}

/**
 * Makes a fetch that fails fast while a host is down. The same arguments, the same Response object; a refusal rejects
 * with a `CircuitOpenError`, everything else with fetch's own errors.
 *
 * @example
 * const fetch = createFetch({ attemptTimeoutMs: 5_000, failureStatus: ['5xx', 429] });
 * const response = await fetch('https://api.example.com/items');
 *
 * @param options The policy's options and this adapter's, or a policy to share.
 * @param adapter This adapter's own options, where a policy is shared.
 * @throws TypeError or RangeError for bad options.
 */
export function createFetch(options: FetchOptions | HttpPolicy = {}, adapter: FetchAdapterOptions = {}): CutoutFetch {
  const { policy, adapter: answers, ownFetch } = separate(options, adapter);
  const send = (input: FetchInput, init?: CutoutInit): Promise<Response> => {
    const client = unguarded(ownFetch ?? globalThis.fetch);
    const call = init?.cutout;
    if (call === false) return runAsOuter(undefined, () => client(input, init));
    const isKept = policy.keepsAnswers(call);
    const described = describe(input, init, isKept);
    if (!policy.guards(described.request)) return client(input, init);
    const within = isKept && allowsCache(input, init) ? { ...answers, ...KEPT } : answers;
    return policy.run(described.request, new FetchSender(client, described), call, within);
  };
  // Not async: that would be one more promise for every call.
  const guarded = (input: FetchInput, init?: CutoutInit): Promise<Response> => {
    try {
      return send(input, init);
    } catch (error) {
      return Promise.reject(error);
    }
  };
  return asAdapter(guarded, policy, MADE_BY);
}

/** Of a fetch that is an adapter too, which passes by. */
function unguarded(client: typeof globalThis.fetch): typeof globalThis.fetch {
  if (adapterOf(client) === undefined) return client;
  return (input, init) => client(input, { ...init, cutout: false } as CutoutInit);
}

/** Fetch's own modes that want nothing old. */
function allowsCache(input: FetchInput, init: CutoutInit | undefined): boolean {
  const mode = init?.cache ?? (input as Partial<Request>).cache ?? 'default';
  return !/^(no-store|reload|no-cache)$/.test(mode);
}

function separate(
  options: FetchOptions | HttpPolicy,
  adapter: FetchAdapterOptions,
): AdapterPolicy & { ownFetch: typeof globalThis.fetch | undefined } {
  const { fetch: besides, ...own } = checkObject('', adapter, ['fetch', 'fallback']) as FetchAdapterOptions;
  if (isHttpPolicy(options) || adapterOf(options))
    return { ...adapterPolicy(options as HttpPolicy, own, asResponse), ownFetch: checkFetch(besides) };
  const { fetch = besides, ...rest } = checkObject('', options) as FetchOptions;
  return { ...adapterPolicy(rest as HttpPolicyOptions, own, asResponse), ownFetch: checkFetch(fetch) };
}

/** By its shape: a Response may come from another realm, or another library. */
function asResponse(answer: unknown): unknown {
  if (typeof (answer as Partial<Response> | null | undefined)?.status === 'number') return answer;
  throw new TypeError(`fallback must return a Response, got ${show(answer)}`);
}

function checkFetch(fetch: unknown): typeof globalThis.fetch | undefined {
  const madeBy = adapterOf(fetch);
  if (madeBy !== undefined && madeBy !== MADE_BY) {
    throw new TypeError(`fetch must be a fetch function, got what ${madeBy} returned`);
  }
  return checkFunction('fetch', fetch as typeof globalThis.fetch | undefined);
}
