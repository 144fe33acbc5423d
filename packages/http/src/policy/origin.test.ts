import { describe, expect, it } from 'vitest';
import { originOf } from './origin.ts';

const ORIGINS = [
  ['http://a.example', 'http://a.example', 'a.example'],
  ['http://a.example:80/x', 'http://a.example', 'a.example'],
  ['https://a.example:80/x', 'https://a.example:80', 'a.example:80'],
  ['http://a.example./x', 'http://a.example', 'a.example'],
  ['http://A.example?x', 'http://a.example', 'a.example'],
  ['http://user:p@a.example/', 'http://a.example', 'a.example'],
  ['http://a.example@b.example/', 'http://b.example', 'b.example'],
  ['http://a.example\\@b.example/', 'http://a.example', 'a.example'],
  ['http://a.example#@b.example', 'http://a.example', 'a.example'],
  ['http://ex\tample/', 'http://example', 'example'],
  ['http://ex\nample', 'http://example', 'example'],
  ['  http://a.example ', 'http://a.example', 'a.example'],
  ['http://[::1]:8080/x', 'http://[::1]:8080', '[::1]:8080'],
  ['http://0x7f.1/', 'http://127.0.0.1', '127.0.0.1'],
  ['http://münchen.example/', 'http://xn--mnchen-3ya.example', 'xn--mnchen-3ya.example'],
  ['wss://a.example/s', 'wss://a.example', 'a.example'],
  ['http://a.example.b.example/', 'http://a.example.b.example', 'a.example.b.example'],
  ['http://a.example:8080/x', 'http://a.example:8080', 'a.example:8080'],
] as const;

describe('the origin of a URL', () => {
  it.each(ORIGINS)('%j is %s', (url, origin, host) => {
    for (let twice = 0; twice < 2; twice++) expect(originOf(url)).toEqual({ origin, host });
  });

  it.each(['', '/x', 'ftp://a', 'file:///x', 'http://', 'http://a:99999/', 'http://a..b:x/', 'data:,x'])(
    'of %j is none',
    url => {
      for (let twice = 0; twice < 2; twice++) expect(originOf(url)).toBeUndefined();
    },
  );

  it.each(ORIGINS)('of %j has nothing of the one before', (url, origin) => {
    for (const [before] of ORIGINS) {
      originOf(before);
      expect(originOf(url)?.origin).toBe(origin);
    }
  });

  it('is the same for any number of hosts', () => {
    for (let i = 0; i < 5_000; i++) expect(originOf(`http://h${i}.example/x`)?.host).toBe(`h${i}.example`);
    expect(originOf('http://h0.example/')?.origin).toBe('http://h0.example');
  });
});
