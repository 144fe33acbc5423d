/** Facts of an axios response beyond its status, for any transport: mocks leave most of them out. */

import type { HeaderReader, HttpOutcome, HttpRequest } from '@cutout/http';
import { originOf } from '@cutout/http/adapter';
import type { AxiosResponse } from 'axios';
import { seenBy } from './fetch-witness.ts';

/** What axios' adapters put under `request`: of Node's http, a page's XMLHttpRequest, or a Request. */
interface ClientRequest {
  readonly res?: { readonly responseUrl?: unknown; readonly rawHeaders?: unknown } | null;
  readonly responseURL?: unknown;
  readonly path?: unknown;
  readonly protocol?: unknown;
}

/** A response as `AttemptResult` describes it, apart from its body. */
export function factsOf(
  response: AxiosResponse,
  request: Pick<HttpRequest, 'origin' | 'url'>,
  isSocket: boolean,
): Omit<HttpOutcome, 'durationMs'> {
  const { status } = response;
  const seen = seenBy(response.request);
  const proxy = isProxys(response);
  return {
    kind: proxy ? 'proxy' : 'status',
    status,
    headers: headersOf(response),
    ...(proxy ? { proxyStatus: status, nothingSent: proxy === 'tunnel' } : {}),
    ...(seen?.type === 'opaque' || seen?.type === 'opaqueredirect' ? { opaque: true } : {}),
    ...(isSocket ? {} : answeredByOf(requestOf(response), seen?.url, request)),
  };
}

/** Only what was followed to another origin. */
function answeredByOf(
  { res, responseURL }: ClientRequest,
  seenUrl: string | undefined,
  request: Pick<HttpRequest, 'origin' | 'url'>,
): { answeredBy?: string } {
  const last = res?.responseUrl ?? responseURL ?? seenUrl;
  const origin = typeof last === 'string' ? originOf(last)?.origin : undefined;
  // axios merges its config anew for each URL that it prints.
  return origin === undefined || origin === originOf(request.origin ?? request.url)?.origin
    ? {}
    : { answeredBy: origin };
}

function requestOf({ request }: AxiosResponse): ClientRequest {
  return typeof request === 'object' && request !== null ? request : {};
}

/**
 * Whether a proxy gave the answer. An agent that tunnels hands on a proxy's refusal as if it were the host's, over a
 * socket without encryption. Of a proxy that forwards, only 407 is sure to be its own.
 */
function isProxys(response: AxiosResponse): 'tunnel' | 'forward' | undefined {
  const { res, path, protocol } = requestOf(response);
  if (!res) return undefined;
  const { socket } = res as { socket?: { readonly encrypted?: unknown } | null };
  if (protocol === 'https:' && socket && socket.encrypted !== true) return 'tunnel';
  const isForwarded = typeof path === 'string' && /^https?:\/\//i.test(path);
  return isForwarded && response.status === 407 ? 'forward' : undefined;
}

/** Reads any shape of headers, and shows where `retry-after` came twice: Node keeps the first one only. */
function headersOf(response: AxiosResponse): HeaderReader {
  return {
    get: name => {
      if (name.toLowerCase() === 'retry-after') {
        const all = rawValues(requestOf(response).res?.rawHeaders, 'retry-after');
        if (all.length > 1) return all.join(', ');
      }
      const value = headerOf(response, name);
      return value === undefined || value === null || value === false ? null : String(value);
    },
  };
}

function headerOf({ headers }: AxiosResponse, name: string): unknown {
  if (typeof headers !== 'object' || headers === null) return undefined;
  if (headers instanceof Headers) return headers.get(name);
  const key = Object.keys(headers).find(each => each.toLowerCase() === name.toLowerCase());
  return key === undefined ? undefined : (headers as Record<string, unknown>)[key];
}

function rawValues(raw: unknown, name: string): string[] {
  if (!Array.isArray(raw)) return [];
  return raw.filter((_, i) => i % 2 === 1 && String(raw[i - 1]).toLowerCase() === name).map(String);
}
