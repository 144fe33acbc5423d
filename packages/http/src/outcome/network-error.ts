/** What a client's error means, found by its codes, and where an engine gives none by its message. */

import { isOwnRefusal, isShortage } from '@cutout/core/internal';
import { originOf } from '../policy/origin.ts';
import { parseUrl } from '../policy/parse-url.ts';
import { isCutOff } from './browser-lifecycle.ts';
import { type ErrorFacts, errorsWithin } from './error-facts.ts';
import type { HttpOutcome, OutcomeKind } from './outcome.ts';
import { proxyRefusalIn } from './proxy-refusal.ts';
import type { HttpRequest } from './request.ts';

/** Exact codes of Node, undici, axios, got and Bun. */
const CODES: Readonly<Record<string, OutcomeKind>> = {
  ECONNREFUSED: 'refused',
  ConnectionRefused: 'refused',
  ENOTFOUND: 'dns',
  EAI_AGAIN: 'dns',
  EAI_FAIL: 'dns',
  EAI_NODATA: 'dns',
  EAI_NONAME: 'dns',
  UND_ERR_CONNECT_TIMEOUT: 'connect-timeout',
  ECONNRESET: 'reset',
  ECONNABORTED: 'reset',
  // An abort of the caller's is known by the signal, and a proxy's refusal by its message.
  UND_ERR_ABORTED: 'network',
  ConnectionClosed: 'reset',
  EPIPE: 'reset',
  UND_ERR_SOCKET: 'reset',
  EHOSTUNREACH: 'network',
  EHOSTDOWN: 'network',
  ENETUNREACH: 'network',
  ENETDOWN: 'network',
  FailedToOpenSocket: 'network',
  UND_ERR_HEADERS_OVERFLOW: 'network',
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: 'network',
  Malformed_HTTP_Response: 'network',
  UND_ERR_HEADERS_TIMEOUT: 'client-timeout',
  UND_ERR_BODY_TIMEOUT: 'client-timeout',
  EPROTO: 'tls',
  ERR_TLS_HANDSHAKE_TIMEOUT: 'tls',
  CERT_HAS_EXPIRED: 'certificate',
  ERR_TLS_CERT_ALTNAME_INVALID: 'certificate',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'certificate',
  HOSTNAME_MISMATCH: 'certificate',
  INVALID_CA: 'certificate',
  INVALID_PURPOSE: 'certificate',
  SELF_SIGNED_CERT_IN_CHAIN: 'certificate',
  UnexpectedRedirect: 'local',
  ERR_FR_TOO_MANY_REDIRECTS: 'local',
  // A hook that forbids a redirect, or a redirect that cannot be made.
  ERR_FR_REDIRECTION_FAILURE: 'local',
  ERR_FR_MAX_BODY_LENGTH_EXCEEDED: 'local',
  ERR_BAD_REQUEST: 'invalid',
  ERR_NOT_SUPPORT: 'invalid',
  ERR_CANCELED: 'aborted',
  ERR_ABORTED: 'aborted',
  ERR_HTTP_CONTENT_LENGTH_MISMATCH: 'reset',
  UND_ERR_DESTROYED: 'local',
  UND_ERR_CLOSED: 'local',
  UND_ERR_NOT_SUPPORTED: 'local',
  UND_ERR_REQ_CONTENT_LENGTH_MISMATCH: 'local',
  UND_ERR_RES_EXCEEDED_MAX_SIZE: 'local',
  UND_ERR_INVALID_ARG: 'invalid',
  UND_ERR_INVALID_RETURN_VALUE: 'invalid',
  ERR_UNSUPPORTED_PROTOCOL: 'invalid',
};

/** Families of codes, in order. */
const CODE_PATTERNS: readonly (readonly [RegExp, OutcomeKind])[] = [
  [/^(CERT_|CRL_|UNABLE_TO_|ERR_TLS_CERT_|ERROR_IN_CERT_|ERROR_IN_CRL_)/, 'certificate'],
  [/^(ERR_SSL_|ERR_TLS_)/, 'tls'],
  [/^(HPE_|ERR_HTTP2_)/, 'network'],
  [/^UND_MOCK_ERR_/, 'local'],
  [/^ERR_(INVALID_|BAD_OPTION)/, 'invalid'],
];

/** Of the fetch standard's own refusals, and of bodies that arrived and are no form: undici gives them no code. */
const LOCAL_MESSAGE =
  /^(bad port|unknown scheme|unexpected redirect|redirect count exceeded|maxContentLength size of .*|URL scheme must be a HTTP\(S\) scheme|cross origin not allowed .*|integrity mismatch|Failed to parse body as FormData\.?)$/i;

/** Words of Deno's network stack, which puts an error without a code below its 'fetch failed'. */
const WIRE_MESSAGE = /\b(connect|connection|dns|tcp|tls|handshake|socket|network)\b/i;

/** Network errors of engines without codes: Node, Chromium, Firefox, WebKit, React Native, Deno, workerd. */
const NETWORK_MESSAGE =
  /^(fetch failed|terminated|Failed to fetch|NetworkError|Load failed|network error|Network request failed|Network connection lost|The (Internet|network) connection|error (reading|sending)|internal error)/i;

/** Facts of an attempt's error beside its kind. */
export type ErrorDetails = Pick<HttpOutcome, 'nothingSent' | 'answeredBy' | 'proxyStatus'>;

/** The kind of an attempt's error, apart from aborts of signals that are known to the caller of this function. */
export function kindOfError(error: unknown, request: Pick<HttpRequest, 'replayable'>): OutcomeKind {
  if (isOwnRefusal(error) || isCutOff()) return 'local';
  if (isShortage(error)) return 'shortage';
  const chain = errorsWithin(error);
  if (isBodySourceFailure(chain, request)) return 'local';
  if (proxyRefusalIn(chain)) return 'proxy';
  for (const each of chain) {
    const kind = kindByCode(each, chain) ?? kindByName(each);
    if (kind) return kind;
  }
  if (chain.some(each => LOCAL_MESSAGE.test(each.message))) return 'local';
  return isProgrammingError(error) ? 'invalid' : 'network';
}

/** What else the error proves. */
export function detailsOf(kind: OutcomeKind, error: unknown, request: HttpRequest): ErrorDetails {
  const chain = errorsWithin(error);
  const proxyStatus = kind === 'proxy' ? proxyRefusalIn(chain)?.status : undefined;
  const answeredBy = request.followsRedirects ? laterHopIn(chain, request) : undefined;
  return {
    nothingSent: provesNothingSent(kind, chain, request),
    ...(answeredBy === undefined ? {} : { answeredBy }),
    ...(proxyStatus === undefined ? {} : { proxyStatus }),
  };
}

/** Kinds of a connection that never came about. */
const UNCONNECTED: ReadonlySet<OutcomeKind> = new Set(['refused', 'dns', 'connect-timeout', 'proxy']);

/**
 * Whether it is certain that nothing of the request was sent: the connection never came about, and it was the first
 * hop's. A redirect that was followed may have delivered the request before.
 */
function provesNothingSent(kind: OutcomeKind, chain: readonly ErrorFacts[], request: HttpRequest): boolean {
  if (!UNCONNECTED.has(kind)) return false;
  if (!request.followsRedirects) return true;
  const hop = chain.map(hopOf).find(each => each !== undefined);
  if (hop) return hop.redirects === 0;
  const url = parseUrl(request.url);
  return url !== null && chain.some(each => concernsFirstHop(each, url));
}

/** Where `follow-redirects` was when its request failed. */
function hopOf({ request }: ErrorFacts): { readonly redirects: number; readonly url: string } | undefined {
  const { _redirectCount: redirects, _currentUrl: url } = partOf(request);
  return typeof redirects === 'number' && typeof url === 'string' ? { redirects, url } : undefined;
}

/** The origin of an answer whose body broke, as `follow-redirects` notes it on Node's own message. */
function answeredFrom({ request }: ErrorFacts): string | undefined {
  const { responseUrl } = ((request as { res?: unknown } | null | undefined)?.res ?? {}) as { responseUrl?: unknown };
  return typeof responseUrl === 'string' ? originOf(responseUrl)?.origin : undefined;
}

function partOf(value: unknown): { readonly _redirectCount?: unknown; readonly _currentUrl?: unknown } {
  return typeof value === 'object' && value !== null ? value : {};
}

/** What the error is about where that is certainly not the first hop: an origin, or a host that was looked up. */
function laterHopIn(chain: readonly ErrorFacts[], { url: first }: HttpRequest): string | undefined {
  const hop = chain.map(hopOf).find(each => each !== undefined);
  if (hop) {
    const origin = originOf(hop.url)?.origin;
    return origin === originOf(first)?.origin ? undefined : origin;
  }
  const answered = chain.map(answeredFrom).find(each => each !== undefined);
  if (answered !== undefined) return answered === originOf(first)?.origin ? undefined : answered;
  const url = parseUrl(first);
  if (!url) return undefined;
  const lookUp = chain.find(each => kindByCode(each) === 'dns' && typeof each.hostname === 'string');
  if (lookUp) return lookUp.hostname === url.hostname ? undefined : String(lookUp.hostname);
  return otherPortIn(chain, url);
}

/** The address of a connection to another port than the first hop's: a later hop's, or a proxy's. */
function otherPortIn(chain: readonly ErrorFacts[], url: URL): string | undefined {
  const ports = chain.filter(each => each.syscall === 'connect' && typeof each.port === 'number');
  const [first] = ports;
  const isElsewhere = first && ports.every(each => String(each.port) !== portOf(url));
  return isElsewhere ? `${first.address}:${first.port}` : undefined;
}

function portOf(url: URL): string {
  return url.port || (url.protocol === 'https:' ? '443' : '80');
}

function kindByCode({ code, syscall }: ErrorFacts, chain: readonly ErrorFacts[] = []): OutcomeKind | undefined {
  // After several addresses, the outer error has the code, and only the inner ones have the system call.
  const connecting = syscall === 'connect' || chain.some(each => each.code === code && each.syscall === 'connect');
  if (code === 'ETIMEDOUT') return connecting ? 'connect-timeout' : 'client-timeout';
  // A unix socket that is not there yet. Of anything but a connection, a missing file is none of the wire's.
  if (code === 'ENOENT') return connecting ? 'refused' : undefined;
  if (Object.hasOwn(CODES, code)) return CODES[code];
  return CODE_PATTERNS.find(([pattern]) => pattern.test(code))?.[1];
}

function kindByName({ name }: ErrorFacts): OutcomeKind | undefined {
  switch (name) {
    case 'AbortError':
      return 'aborted';
    case 'TimeoutError':
      return 'client-timeout';
    // A Blob whose file has changed or gone.
    case 'NotReadableError':
      return 'local';
    case 'NotAllowedError':
    case 'SecurityError':
    case 'DataCloneError':
      return 'invalid';
    default:
      return undefined;
  }
}

/**
 * A one-shot body whose source failed: the client wraps the source's own error, or an upstream response that was cut
 * while it was being piped on. The host did nothing wrong.
 */
function isBodySourceFailure(chain: readonly ErrorFacts[], request: Pick<HttpRequest, 'replayable'>): boolean {
  const [outer, inner] = chain;
  if (request.replayable || !outer || !inner || !/^fetch failed$/i.test(outer.message)) return false;
  if (inner.name === 'TypeError' && inner.message === 'terminated') return true;
  const aboutTheWire = inner.name === 'HTTPParserError' || WIRE_MESSAGE.test(inner.message);
  return inner.name !== '' && !aboutTheWire && kindByCode(inner) === undefined;
}

/** A TypeError that no engine's network stack wrote: a bad argument. */
function isProgrammingError(error: unknown): boolean {
  // By name, since an error of another realm is no instance of ours.
  const { name, message, cause } = (error ?? {}) as Partial<Error>;
  if (name !== 'TypeError' || NETWORK_MESSAGE.test(String(message))) return false;
  if (cause === undefined) return true;
  // A client's wrapper has the name and the message of what it wraps.
  return (cause as Partial<Error> | null)?.message === message && isProgrammingError(cause);
}

function concernsFirstHop({ code, address, port, hostname }: ErrorFacts, url: URL): boolean {
  if (kindByCode({ code } as ErrorFacts) === 'dns') return hostname === url.hostname;
  return String(port) === portOf(url) && namesAddress(url.hostname, String(address));
}

/** Whether the host of the URL can only mean that address. Other names resolve to anything. */
function namesAddress(hostname: string, address: string): boolean {
  if (hostname === 'localhost') return address === '::1' || address.startsWith('127.');
  return hostname === address || hostname === `[${address}]`;
}
