import { describe, expect, it } from 'vitest';
import { hostAttributesOf } from '../observe/series/host-attributes.ts';
import type { HttpRequest } from '../outcome/request.ts';
import { type CircuitTarget, keyOfTarget, type Naming, requireKey } from './circuit-target.ts';
import type { KeyOption } from './key.ts';
import { createHttpPolicy, type HttpPolicy } from './policy.ts';

const naming = (option: KeyOption, ...known: string[]): Naming => ({ option, isKnown: key => known.includes(key) });

function request(more: Partial<HttpRequest> = {}): HttpRequest {
  return { method: 'GET', url: 'http://a.example/x', headers: new Headers(), replayable: true, ...more };
}

async function call(policy: HttpPolicy, more: Partial<HttpRequest> = {}): Promise<unknown> {
  const attempt = async () => ({ value: 200, outcome: { kind: 'status', status: 200 } }) as const;
  return policy.run(request(more), attempt).catch((error: { code?: unknown }) => error.code);
}

describe('a circuit', () => {
  const byOrigin: [target: CircuitTarget, key: string][] = [
    ['http://A.example:80/x?y', 'http://a.example'],
    ['https://a.example.', 'https://a.example'],
    ['ws://a.example/socket', 'http://a.example'],
    ['wss://a.example', 'https://a.example'],
    ['http+unix://%2Frun%2Fa.sock', 'http+unix://%2Frun%2Fa.sock'],
    ['HTTP+UNIX://%2frun%2fa.sock/', 'http+unix://%2Frun%2Fa.sock'],
    ['mine', 'mine'],
    [{ key: 'of my own' }, 'of my own'],
  ];
  for (const [target, key] of byOrigin) {
    it(`by origin is named by ${JSON.stringify(target)}`, () =>
      expect(requireKey(target, naming('origin', 'mine'))).toBe(key));
  }

  const byHost: [target: CircuitTarget, key: string][] = [
    ['a.example', 'a.example'],
    ['A.example:8080', 'a.example:8080'],
    ['a.example:80', 'a.example'],
    ['[::1]:81', '[::1]:81'],
    ['https://a.example/x', 'a.example'],
    ['http+unix://%2Fs', 'http+unix://%2Fs'],
    ['b.example:80', 'b.example:80'],
  ];
  for (const [target, key] of byHost) {
    it(`by host is named by ${target}`, () => expect(requireKey(target, naming('host', 'b.example:80'))).toBe(key));
  }

  const bad: [option: 'origin' | 'host', text: string][] = [
    ['origin', 'a.example'],
    ['origin', '127.0.0.1:80'],
    ['origin', 'htp://a.example'],
    ['origin', 'http://'],
    ['origin', 'http://*.a.example'],
    ['origin', ''],
    ['origin', 'http+unix://%zz'],
    ['host', 'htp://a'],
    ['host', 'a b'],
    ['host', '*.a.example'],
    ['host', 'a.example:99999'],
    ['host', 'a.example/x'],
  ];
  for (const [option, text] of bad) {
    it(`by ${option} is not named by ${JSON.stringify(text)}`, () => {
      expect(() => requireKey(text, naming(option))).toThrow(TypeError);
      expect(() => keyOfTarget(text, naming(option))).toThrow(`got ${JSON.stringify(text)}`);
    });
  }

  it('under a key function is named by a key that calls have used, or as { key }', () => {
    const own = naming(() => 'tenant', 'tenant');
    expect(requireKey('tenant', own)).toBe('tenant');
    expect(requireKey({ key: 'new' }, own)).toBe('new');
    expect(() => requireKey('http://a.example', own)).toThrow(
      'a circuit must be named by a key that a call has used, or as { key }, got "http://a.example"',
    );
    expect(keyOfTarget('http://a.example', own)).toBeUndefined();
  });

  it('is named by nothing else', () => {
    for (const target of [undefined, null, 5, {}, { key: '' }, { key: 5 }, new URL('http://a.example')]) {
      expect(() => requireKey(target as never, naming('origin'))).toThrow(TypeError);
    }
  });
});

describe('what an operator does by hand', () => {
  it('reaches the circuit that calls use, before the first call too', async () => {
    const policy = createHttpPolicy();
    policy.breaker('http://a.example').isolate();
    expect(await call(policy)).toBe('ERR_CIRCUIT_OPEN');
    policy.reset('http://A.example/other');
    policy.breaker('http://a.example/').release();
    expect(await call(policy)).toBe(200);
  });

  it('throws where no call uses what it names, and makes no circuit', async () => {
    const policy = createHttpPolicy();
    const keyed = createHttpPolicy({ key: () => 'tenant' });
    await call(keyed);
    for (const act of ['breaker', 'reset'] as const) {
      expect(() => policy[act]('a.example')).toThrow(TypeError);
      expect(() => keyed[act]('http://a.example')).toThrow(TypeError);
    }
    for (const read of ['explain', 'metricsOf'] as const) {
      expect(() => policy[read]('a.example')).toThrow(TypeError);
      expect(policy[read]('http://never.example')).toBeUndefined();
      expect(keyed[read]('other tenant')).toBeUndefined();
      expect(keyed[read]('tenant')).toBeDefined();
    }
    expect([policy.registry.size, keyed.registry.size]).toEqual([0, 1]);
  });

  it('reaches a unix socket by its key, and so do rules for hosts', async () => {
    const socketPath = '/run/a.example';
    const policy = createHttpPolicy({
      hosts: { 'http+unix://%2frun%2Fa.example': { retry: false }, '*.example': { attemptTimeoutMs: 5 } },
    });
    policy.breaker('http+unix://%2Frun%2Fa.example').isolate();
    expect(await call(policy, { socketPath })).toBe('ERR_CIRCUIT_OPEN');
    expect(await call(policy)).toBe(200);
    const { settings } = policy.begin(request({ socketPath })).target;
    expect([settings.retry, settings.attemptTimeoutMs]).toEqual([undefined, Number.POSITIVE_INFINITY]);
  });
});

describe('the attributes of a unix socket', () => {
  it('are its path', () => {
    expect(hostAttributesOf('http+unix://%2Frun%2Fa.sock')).toEqual({ 'server.address': '/run/a.sock' });
    expect(hostAttributesOf('http+unix://%zz')).toEqual({ 'server.address': '%zz' });
  });
});
