/** What a client's error means, found by its codes, and where an engine gives none by its message. */

import { isCircuitOpenError } from '@cutout/core';
import type { OutcomeKind } from './outcome.ts';
import { isCutOff } from './page.ts';
import type { HttpRequest } from './request.ts';

const MAX_DEPTH = 10;
/** A hostile or accidental tree of causes is not walked to its end. */
const MAX_ERRORS = 64;

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
  // A proxy that refuses CONNECT; an abort of the caller's is known by the signal.
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

/** How engines without codes say that the network failed: Node, Chromium, Firefox, WebKit, React Native, Deno, workerd. */
const NETWORK_MESSAGE =
  /^(fetch failed|terminated|Failed to fetch|NetworkError|Load failed|network error|Network request failed|Network connection lost|The (Internet|network) connection|error (reading|sending)|internal error)/i;

/** The kind of an attempt's error, apart from aborts of signals that are known to the caller of this function. */
export function kindOfError(error: unknown, request: Pick<HttpRequest, 'replayable'>): OutcomeKind {
  if (isCircuitOpenError(error) || isCutOff()) return 'local';
  const chain = errorsWithin(error);
  if (isBodySourceFailure(chain, request)) return 'local';
  for (const each of chain) {
    const kind = kindByCode(each, chain) ?? kindByName(each);
    if (kind) return kind;
  }
  if (chain.some(each => LOCAL_MESSAGE.test(each.message))) return 'local';
  return isProgrammingError(error) ? 'invalid' : 'network';
}

/**
 * Whether it is certain that nothing of the request was sent: the connection never came about, and it was the first
 * hop's. A redirect that was followed may have delivered the request before.
 */
export function provesNothingSent(kind: OutcomeKind, error: unknown, request: HttpRequest): boolean {
  if (kind !== 'refused' && kind !== 'dns' && kind !== 'connect-timeout') return false;
  if (!request.followsRedirects) return true;
  const url = URL.parse(request.url);
  return url !== null && errorsWithin(error).some(each => concernsFirstHop(each, url));
}

interface ErrorFacts {
  readonly name: string;
  readonly message: string;
  readonly code: string;
  readonly syscall: unknown;
  readonly address: unknown;
  readonly port: unknown;
  readonly hostname: unknown;
}

/** The error and everything below it in `cause` and `AggregateError.errors`, nearest first. */
function errorsWithin(error: unknown): ErrorFacts[] {
  const found: ErrorFacts[] = [];
  const seen = new Set<unknown>();
  let level = [error];
  for (let depth = 0; depth <= MAX_DEPTH && level.length > 0; depth++) {
    const next: unknown[] = [];
    for (const each of level.slice(0, MAX_ERRORS)) {
      if (typeof each !== 'object' || each === null || seen.has(each)) continue;
      seen.add(each);
      found.push(factsOf(each));
      next.push(...innerErrors(each));
    }
    level = next;
  }
  return found;
}

function factsOf(error: object): ErrorFacts {
  const facts = { name: '', message: '', code: '', syscall: '', address: '', port: '', hostname: '' };
  try {
    const { name, message, code, ...rest } = { ...facts, ...pick(error) };
    return { ...rest, name: String(name), message: String(message), code: typeof code === 'string' ? code : '' };
  } catch {
    return facts;
  }
}

function pick(error: object): Partial<Record<keyof ErrorFacts, unknown>> {
  const { name, message, code, syscall, address, port, hostname } = error as ErrorFacts;
  return { name, message, code, syscall, address, port, hostname };
}

function innerErrors(error: object): unknown[] {
  try {
    const { cause, errors } = error as { cause?: unknown; errors?: unknown };
    return Array.isArray(errors) ? [cause, ...errors.slice(0, MAX_ERRORS)] : [cause];
  } catch {
    return [];
  }
}

function kindByCode({ code, syscall }: ErrorFacts, chain: readonly ErrorFacts[] = []): OutcomeKind | undefined {
  // Where several addresses were tried, the outer error has the code, and only the inner ones say at what.
  const connecting = syscall === 'connect' || chain.some(each => each.code === code && each.syscall === 'connect');
  if (code === 'ETIMEDOUT') return connecting ? 'connect-timeout' : 'client-timeout';
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
  return name === 'TypeError' && cause === undefined && !NETWORK_MESSAGE.test(String(message));
}

function concernsFirstHop({ code, address, port, hostname }: ErrorFacts, url: URL): boolean {
  if (kindByCode({ code } as ErrorFacts) === 'dns') return hostname === url.hostname;
  const wanted = url.port || (url.protocol === 'https:' ? '443' : '80');
  return String(port) === wanted && namesAddress(url.hostname, String(address));
}

/** Whether the host of the URL can only mean that address. Other names resolve to anything. */
function namesAddress(hostname: string, address: string): boolean {
  if (hostname === 'localhost') return address === '::1' || address.startsWith('127.');
  return hostname === address || hostname === `[${address}]`;
}
