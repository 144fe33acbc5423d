import { runInNewContext } from 'node:vm';
import { BulkheadFullError, CircuitBreaker } from '@cutout/core';
import { describe, expect, it } from 'vitest';
import { detailsOf, kindOfError } from './network-error.ts';
import type { OutcomeKind } from './outcome.ts';
import type { HttpRequest } from './request.ts';

const wrap = (cause: unknown, message = 'fetch failed'): TypeError => new TypeError(message, { cause });
const coded = (code: string, more: object = {}): Error => Object.assign(new Error('x'), { code, ...more });
const refusal = (): unknown => {
  const breaker = new CircuitBreaker();
  breaker.isolate();
  return breaker.tryAcquire();
};
const full = (): Error =>
  new BulkheadFullError({ key: 'http://a.example', limit: 1, queued: 0, reason: 'bulkhead-full' });
const proxyOf = (status: number): Error =>
  Object.assign(new Error(`Proxy response (${status}) !== 200 when HTTP Tunneling`), { code: 'UND_ERR_ABORTED' });
const tunnelled = (why: string): Error =>
  Object.assign(new Error(`tunneling socket could not be established, ${why}`), { code: 'ECONNRESET' });
const both = (...codes: string[]): Error =>
  wrap(Object.assign(new AggregateError(codes.map(code => coded(code))), { code: codes[0] }));
const deep = (depth: number, error: unknown): unknown =>
  depth === 0 ? error : new Error('outer', { cause: deep(depth - 1, error) });

const table: [what: string, error: unknown, kind: OutcomeKind][] = [
  ['refused, one family', wrap(coded('ECONNREFUSED')), 'refused'],
  ['refused, both families', wrap(new AggregateError([coded('ECONNREFUSED'), coded('ECONNREFUSED')])), 'refused'],
  ['refused, by Bun', coded('ConnectionRefused'), 'refused'],
  ['DNS', wrap(coded('ENOTFOUND')), 'dns'],
  ['DNS, for now', wrap(coded('EAI_AGAIN')), 'dns'],
  ['connect timeout of undici', wrap(coded('UND_ERR_CONNECT_TIMEOUT')), 'connect-timeout'],
  ['connect timeout of the system', wrap(coded('ETIMEDOUT', { syscall: 'connect' })), 'connect-timeout'],
  ['read timeout', coded('ETIMEDOUT', { syscall: 'read' }), 'client-timeout'],
  ['headers timeout', wrap(coded('UND_ERR_HEADERS_TIMEOUT')), 'client-timeout'],
  ['reset', wrap(coded('ECONNRESET')), 'reset'],
  ['closed', wrap(coded('UND_ERR_SOCKET')), 'reset'],
  ['cut body', wrap(coded('ECONNRESET'), 'terminated'), 'reset'],
  ['unreachable', wrap(coded('EHOSTUNREACH')), 'network'],
  ['garbage', wrap(Object.assign(new Error('bad'), { name: 'HTTPParserError' })), 'network'],
  ['parser error', coded('HPE_INVALID_CONSTANT'), 'network'],
  ['TLS', wrap(coded('ERR_SSL_WRONG_VERSION_NUMBER')), 'tls'],
  ['self-signed', wrap(coded('DEPTH_ZERO_SELF_SIGNED_CERT')), 'certificate'],
  ['unknown issuer', wrap(coded('UNABLE_TO_VERIFY_LEAF_SIGNATURE')), 'certificate'],
  ['wrong name', wrap(coded('ERR_TLS_CERT_ALTNAME_INVALID')), 'certificate'],
  ['msw error', wrap({ type: 'error', status: 0 }), 'network'],
  ['no code at all', wrap(undefined), 'network'],
  ['Chromium', new TypeError('Failed to fetch'), 'network'],
  ['Firefox', new TypeError('NetworkError when attempting to fetch resource.'), 'network'],
  ['WebKit', new TypeError('Load failed'), 'network'],
  ['Deno, mid-body', new TypeError('error reading a body from connection'), 'network'],
  ['workerd', new Error('Network connection lost.'), 'network'],
  ['unknown error of a custom client', new Error('odd'), 'network'],
  ['bad port', wrap(new Error('bad port')), 'local'],
  ['unknown scheme', wrap(new Error('unknown scheme')), 'local'],
  ['unexpected redirect', wrap(new Error('unexpected redirect')), 'local'],
  ['bad URL', wrap(coded('ERR_INVALID_URL'), 'Failed to parse URL'), 'invalid'],
  ['bad header', new TypeError('Headers.append: "a b" is an invalid header name.'), 'invalid'],
  ['bad argument', coded('UND_ERR_INVALID_ARG'), 'invalid'],
  ['agent destroyed', coded('UND_ERR_DESTROYED'), 'local'],
  ['our own refusal, wrapped', wrap(refusal()), 'local'],
  ['abort without a signal of ours', new DOMException('x', 'AbortError'), 'aborted'],
  ['timeout without a signal of ours', new DOMException('x', 'TimeoutError'), 'client-timeout'],
  ['ten deep', deep(10, coded('ECONNREFUSED')), 'refused'],
  ['too deep', deep(11, coded('ECONNREFUSED')), 'network'],
  [
    'connect timeout of several addresses',
    wrap(Object.assign(new AggregateError([coded('ETIMEDOUT', { syscall: 'connect' })]), { code: 'ETIMEDOUT' })),
    'connect-timeout',
  ],
  ['a proxy that refuses CONNECT, undici', wrap(proxyOf(503), 'fetch failed'), 'proxy'],
  ['a proxy that refuses CONNECT, Node', coded('ERR_PROXY_TUNNEL', { statusCode: 407 }), 'proxy'],
  ['a proxy that hangs up, undici', coded('UND_ERR_PRX_CONN', { cause: coded('UND_ERR_SOCKET') }), 'proxy'],
  ['a proxy that refuses CONNECT, tunnel', tunnelled('statusCode=502'), 'proxy'],
  ['a proxy that is not there, tunnel', tunnelled('cause=connect ECONNREFUSED'), 'proxy'],
  ['an abort by undici', wrap(Object.assign(coded('UND_ERR_ABORTED'), { name: 'AbortError' })), 'network'],
  ['no file descriptor left', wrap(coded('EMFILE', { syscall: 'socket' })), 'shortage'],
  ['no local port left', coded('EADDRNOTAVAIL', { syscall: 'connect' }), 'shortage'],
  ['a unix socket of somebody else', coded('EACCES', { syscall: 'connect', address: '/s' }), 'shortage'],
  ['forbidden by Node', coded('ERR_ACCESS_DENIED'), 'shortage'],
  ['a shortage for one address, a refusal of the other', both('EADDRNOTAVAIL', 'ECONNREFUSED'), 'refused'],
  ['a unix socket that is not there yet', coded('ENOENT', { syscall: 'connect' }), 'refused'],
  ['a missing file', wrap(coded('ENOENT', { syscall: 'open' })), 'network'],
  ['a bulkhead of ours, in an SDK error', Object.assign(new Error('sdk'), { detail: wrap(full()) }), 'local'],
  ['a circuit of ours, in an SDK error', Object.assign(new Error('sdk'), { detail: refusal() }), 'local'],
  ['a reset, in an SDK error', Object.assign(new Error('sdk'), { detail: coded('ECONNRESET') }), 'reset'],
  ['a redirect to another scheme', wrap(new Error('URL scheme must be a HTTP(S) scheme')), 'local'],
  ['an integrity mismatch', wrap(new Error('integrity mismatch')), 'local'],
  ['a bad argument of another realm', runInNewContext('new TypeError("bad header")'), 'invalid'],
  ['inherited names', coded('toString'), 'network'],
  ['not an error', 'string', 'network'],
  ['nothing', undefined, 'network'],
  ['throwing getters', Object.defineProperty(new Error('x'), 'code', { get: () => expect.unreachable() }), 'network'],
];

describe('the kind of an error', () => {
  for (const [what, error, kind] of table) {
    it(`${what}: ${kind}`, () => expect(kindOfError(error, { replayable: true })).toBe(kind));
  }

  it('is local when the source of a one-shot body failed', () => {
    const oneShot = { replayable: false };
    expect(kindOfError(wrap(new RangeError('mine')), oneShot)).toBe('local');
    expect(kindOfError(wrap(new Error('')), oneShot)).toBe('local');
    expect(kindOfError(wrap(wrap(coded('ECONNRESET'), 'terminated')), oneShot)).toBe('local');
    expect(kindOfError(wrap(coded('ECONNRESET')), oneShot)).toBe('reset');
    expect(kindOfError(wrap(new Error('error sending request: connection refused')), oneShot)).toBe('network');
    expect(kindOfError(wrap(new RangeError('mine')), { replayable: true })).toBe('network');
  });

  it('is found without walking a cycle or a huge tree to its end', () => {
    const circle: { cause?: unknown } = new Error('x');
    circle.cause = circle;
    expect(kindOfError(circle, { replayable: true })).toBe('network');
    // Without stacks, of which this many would take longer than the walk.
    const wide = (depth: number): unknown => ({
      name: 'AggregateError',
      errors: depth ? Array.from({ length: 60 }, () => wide(depth - 1)) : [],
    });
    expect(kindOfError(wide(3), { replayable: true })).toBe('network');
  });
});

describe('nothing was sent', () => {
  const request = (url: string, followsRedirects = true): HttpRequest => ({
    method: 'POST',
    url,
    headers: new Headers(),
    replayable: true,
    followsRedirects,
  });
  const at = (address: string, port: number): Error => wrap(coded('ECONNREFUSED', { address, port }));
  const atHop = (redirects: number, url: string): Error =>
    coded('ECONNREFUSED', { request: { _redirectCount: redirects, _currentUrl: url } });
  const rows: [what: string, proven: boolean, url: string, error: unknown, follows?: boolean][] = [
    ['no redirect can be followed', true, 'http://a.example', at('10.0.0.1', 80), false],
    ['the first hop by address', true, 'http://127.0.0.1:81', at('127.0.0.1', 81)],
    ['the first hop by IPv6 address', true, 'http://[::1]', at('::1', 80)],
    ['localhost', true, 'https://localhost/x', at('::1', 443)],
    ['another port', false, 'http://127.0.0.1:81', at('127.0.0.1', 82)],
    ['a name may be any address', false, 'http://a.example', at('10.0.0.1', 80)],
    ['DNS of the first hop', true, 'http://a.example', wrap(coded('ENOTFOUND', { hostname: 'a.example' }))],
    ['DNS of another hop', false, 'http://a.example', wrap(coded('ENOTFOUND', { hostname: 'b.example' }))],
    ['a reset', false, 'http://127.0.0.1:81', wrap(coded('ECONNRESET')), false],
    ['a socket file that is missing', true, 'http://a.example', coded('ENOENT', { syscall: 'connect' }), false],
    ['a refusal of a proxy', true, 'https://a.example', proxyOf(503), false],
    ['a refusal of a proxy, perhaps after a redirect', false, 'https://a.example', proxyOf(503)],
    ['before the first redirect', true, 'http://a.example', atHop(0, 'http://a.example/')],
    ['after a redirect', false, 'http://a.example', atHop(1, 'http://a.example/b')],
  ];
  for (const [what, proven, url, error, follows] of rows) {
    it(`${proven ? 'is' : 'is not'} proven: ${what}`, () => {
      const kind = kindOfError(error, { replayable: true });
      expect(detailsOf(kind, error, request(url, follows)).nothingSent).toBe(proven);
    });
  }
});

describe('what an error proves beside its kind', () => {
  const request: HttpRequest = {
    method: 'GET',
    url: 'http://a.example/x',
    headers: new Headers(),
    replayable: true,
    followsRedirects: true,
  };
  const of = (error: unknown, more: Partial<HttpRequest> = {}) =>
    detailsOf(kindOfError(error, request), error, { ...request, ...more });
  const atHop = (url: string): Error => coded('ECONNRESET', { request: { _redirectCount: 1, _currentUrl: url } });

  it('is the status of the proxy', () => {
    expect(of(proxyOf(407)).proxyStatus).toBe(407);
    expect(of(coded('ERR_PROXY_TUNNEL', { statusCode: 502 })).proxyStatus).toBe(502);
    expect(of(coded('ERR_PROXY_TUNNEL')).proxyStatus).toBeUndefined();
    expect(of(coded('ECONNRESET', { statusCode: 407 })).proxyStatus).toBeUndefined();
  });

  it('is the hop that failed, where that is another origin', () => {
    expect(of(atHop('https://b.example/y')).answeredBy).toBe('https://b.example');
    expect(of(atHop('http://a.example/y')).answeredBy).toBeUndefined();
    expect(of(wrap(coded('ENOTFOUND', { hostname: 'b.example' }))).answeredBy).toBe('b.example');
    expect(of(wrap(coded('ENOTFOUND', { hostname: 'a.example' }))).answeredBy).toBeUndefined();
    expect(of(coded('ECONNRESET')).answeredBy).toBeUndefined();
  });

  it('is a later hop, or a proxy, where a connection to another port was not made', () => {
    const connecting = (port: number): unknown =>
      wrap(coded('ECONNREFUSED', { syscall: 'connect', address: '127.0.0.1', port }));
    expect(of(connecting(4)).answeredBy).toBe('127.0.0.1:4');
    expect(of(connecting(80)).answeredBy).toBeUndefined();
    expect(of(connecting(4), { followsRedirects: false }).answeredBy).toBeUndefined();
  });

  it('is no later hop where no redirect can be followed', () => {
    expect(of(coded('ENOTFOUND', { hostname: 'proxy' }), { followsRedirects: false }).answeredBy).toBeUndefined();
  });
});
