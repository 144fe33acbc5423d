import { describe, expect, it } from 'vitest';
import { isShortage } from './shortage.ts';

const withCode = (code: string, more: object = {}): Error => Object.assign(new Error(code), { code }, more);
const within = (cause: unknown, depth: number): unknown =>
  depth === 0 ? cause : new Error('outer', { cause: within(cause, depth - 1) });

describe('isShortage', () => {
  it.each([
    'EMFILE',
    'ENFILE',
    'ENOBUFS',
    'ENOMEM',
    'ENOSPC',
    'EDQUOT',
    'EROFS',
    'EADDRNOTAVAIL',
    'EADDRINUSE',
    'EACCES',
    'EPERM',
    'EAI_MEMORY',
    'ERR_ACCESS_DENIED',
    'ERR_INSUFFICIENT_RESOURCES',
  ])('knows %s', code => {
    expect(isShortage(withCode(code))).toBe(true);
  });

  it.each(['ECONNREFUSED', 'ECONNRESET', 'ETIMEDOUT', 'ENOTFOUND', 'EAGAIN', 'ENOENT', 'EPIPE', ''])(
    'leaves %j to the host',
    code => {
      expect(isShortage(withCode(code))).toBe(false);
    },
  );

  it.each(['NotCapable', 'PermissionDenied', 'AddrNotAvailable', 'AddrInUse'])('knows the name %s of Deno', name => {
    expect(isShortage(Object.assign(new Error('x'), { name }))).toBe(true);
  });

  it('looks through causes, 10 deep', () => {
    expect(isShortage(within(withCode('EMFILE'), 10))).toBe(true);
    expect(isShortage(within(withCode('EMFILE'), 11))).toBe(false);
  });

  it('wants every address that was tried to have failed so, whatever code the list has', () => {
    const aggregate = (...codes: string[]): Error =>
      Object.assign(new AggregateError(codes.map(code => withCode(code))), { code: codes[0] });
    expect(isShortage(aggregate('EMFILE', 'EMFILE'))).toBe(true);
    expect(isShortage(new TypeError('fetch failed', { cause: aggregate('EMFILE', 'EACCES') }))).toBe(true);
    expect(isShortage(aggregate('EADDRNOTAVAIL', 'ECONNREFUSED'))).toBe(false);
    expect(isShortage(withCode('EMFILE', { errors: [] }))).toBe(true);
    expect(isShortage(withCode('EMFILE', { errors: 'many' }))).toBe(true);
  });

  it('bounds what it looks at', () => {
    const list = (length: number): Error => new AggregateError(Array.from({ length }, () => withCode('EMFILE')));
    expect(isShortage(list(64))).toBe(true);
    expect(isShortage(list(65))).toBe(false);
    const loop = new Error('loop');
    expect(isShortage(Object.assign(loop, { cause: loop }))).toBe(false);
  });

  it('is false for what is no error, and never throws', () => {
    for (const value of [undefined, null, 'EMFILE', 5, () => 1]) expect(isShortage(value)).toBe(false);
    const hostile = Object.defineProperty(new Error('x'), 'code', {
      get: () => {
        throw new Error('no');
      },
    });
    expect(isShortage(hostile)).toBe(false);
  });
});
