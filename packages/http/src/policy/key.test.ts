import { describe, expect, it } from 'vitest';
import type { HttpRequest } from '../outcome/request.ts';
import { keyOf } from './key.ts';

const request = (url: string): HttpRequest => ({ method: 'GET', url, headers: new Headers(), replayable: true });

const table: [url: string, origin: string | undefined, host: string | undefined][] = [
  ['https://API.Example.com/a?b#c', 'https://api.example.com', 'api.example.com'],
  ['http://api.example.com:80/', 'http://api.example.com', 'api.example.com'],
  ['https://api.example.com:8443', 'https://api.example.com:8443', 'api.example.com:8443'],
  ['https://api.example.com./', 'https://api.example.com', 'api.example.com'],
  ['https://bücher.example', 'https://xn--bcher-kva.example', 'xn--bcher-kva.example'],
  ['http://user:pw@[::1]:8080/x', 'http://[::1]:8080', '[::1]:8080'],
  ['wss://a.example/x', 'wss://a.example', 'a.example'],
  ['ftp://a', undefined, undefined],
  ['data:,x', undefined, undefined],
  ['/relative', undefined, undefined],
];

describe('the key of a request', () => {
  for (const [url, origin, host] of table) {
    it(`of ${url} is ${origin}`, () => {
      expect([keyOf('origin', request(url)), keyOf('host', request(url))]).toEqual([origin, host]);
    });
  }

  it('of a unix socket is its path, whatever the host of the URL', () => {
    const dialled = (url: string, socketPath: string): HttpRequest => ({ ...request(url), socketPath });
    for (const option of ['origin', 'host'] as const) {
      expect(keyOf(option, dialled('http://localhost/x', '/run/a b.sock'))).toBe('http+unix://%2Frun%2Fa%20b.sock');
      expect(keyOf(option, dialled('https://docker:99/', '/run/a'))).toBe('https+unix://%2Frun%2Fa');
      expect(keyOf(option, dialled('http://x', '\0abstract\ud800'))).toBe('http+unix://%00abstract%EF%BF%BD');
    }
    expect(keyOf(({ socketPath = '' }) => socketPath, dialled('http://x', '/s'))).toBe('/s');
  });

  it('may come from a function, which must return a name', () => {
    expect(keyOf(r => r.method, request('http://a'))).toBe('GET');
    expect(() => keyOf(() => '', request('http://a'))).toThrow('key must return a non-empty string, got ""');
    expect(() => keyOf(() => 5 as never, request('http://a'))).toThrow(TypeError);
  });
});
