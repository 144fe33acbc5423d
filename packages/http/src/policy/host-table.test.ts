import { describe, expect, it } from 'vitest';
import { HostTable } from './host-table.ts';

const table = (...names: string[]): HostTable<string> =>
  new HostTable(
    names.map(name => [name, name] as const),
    false,
  );

describe('the rules for hosts', () => {
  const rules = table(
    'https://api.a.com',
    'api.a.com:8443',
    'api.a.com',
    '*.a.com',
    '*.eu.a.com',
    '[::1]',
    '127.0.0.1:8080',
    'http://b.com:80',
    'c.com:443',
  );
  it.each([
    ['https://api.a.com', 'https://api.a.com'],
    ['https://api.a.com:8443', 'api.a.com:8443'],
    ['http://api.a.com', 'api.a.com'],
    ['https://api.a.com:1', 'api.a.com'],
    ['http://x.a.com', '*.a.com'],
    ['http://x.y.a.com:99', '*.a.com'],
    ['http://x.eu.a.com', '*.eu.a.com'],
    ['http://eu.a.com', '*.a.com'],
    ['http://a.com', undefined],
    ['http://xa.com', undefined],
    ['http://a.com.evil.com', undefined],
    ['http://[::1]:3000', '[::1]'],
    ['http://127.0.0.1:8080', '127.0.0.1:8080'],
    ['http://127.0.0.1:8081', undefined],
    ['http://b.com', 'http://b.com:80'],
    ['https://b.com', undefined],
    ['https://c.com', 'c.com:443'],
    ['http://c.com', undefined],
    ['c.com:443', 'c.com:443'],
    ['api.a.com:8443', 'api.a.com:8443'],
    ['x.a.com', '*.a.com'],
    ['', undefined],
    ['anything: at all', undefined],
  ])('of %s are those of %s', (key, expected) => {
    expect(rules.find(key)).toBe(expected);
  });

  it.each([
    ['A.COM', 'http://a.com'],
    ['a.com.', 'http://a.com'],
    ['HTTPS://A.com:443/', 'https://a.com'],
    ['münchen.de', 'http://xn--mnchen-3ya.de'],
    ['*.MÜNCHEN.de', 'http://x.xn--mnchen-3ya.de'],
    ['0x7f.1', 'http://127.0.0.1'],
    ['[0:0::1]:80', 'http://[::1]'],
  ])('may be written as people write %s', (name, key) => {
    expect(table(name).find(key)).toBe(name);
  });

  it.each([
    '',
    '*',
    '*.',
    '*a.com',
    'a.*',
    'a.com/x',
    'https://a.com/x',
    'https://a.com?x',
    'user@a.com',
    'a.com:x',
    'a.com:',
    'a.com:99999999',
    '*.a.com:80',
    '*.[::1]',
    'ftp://a.com',
    'a b.com',
    '[::1',
    'https://*.a.com',
    'http://',
  ])('cannot be written as %j', name => {
    expect(() => table(name)).toThrow(
      new TypeError(
        `hosts[${JSON.stringify(name)}] must name an origin, a host, host:port, or '*.' and a host, got ${JSON.stringify(name)}`,
      ),
    );
  });

  it.each([
    ['a.com', 'A.com'],
    ['*.a.com', '*.A.com.'],
    ['http://a.com', 'http://a.com:80'],
  ])('cannot be given twice, as %s and %s', (first, second) => {
    expect(() => table(first, second)).toThrow(RangeError);
  });

  it("are by key and nothing else where keys are the user's own", () => {
    const own = new HostTable(
      [
        ['*.a.com', 1],
        ['tenant 1', 2],
      ] as const,
      true,
    );
    expect([own.find('*.a.com'), own.find('tenant 1'), own.find('x.a.com')]).toEqual([1, 2, undefined]);
  });

  // The rule that is looked up must be the first that matches in this order, for any keys and names.
  it('agree with a naive search', () => {
    const hosts = ['a.com', 'b.a.com', 'c.b.a.com', 'com'];
    const names = hosts.flatMap(host => [
      `http://${host}`,
      `http://${host}:81`,
      `${host}:81`,
      `${host}:80`,
      host,
      `*.${host}`,
    ]);
    for (let mask = 1; mask < 4_000; mask += 7) {
      const given = names.filter((_, i) => (mask * 2_654_435_761) & (1 << (i % 31)));
      const rules = table(...given);
      for (const host of hosts)
        for (const port of [80, 81]) {
          const key = port === 80 ? `http://${host}` : `http://${host}:81`;
          const below = hosts.filter(suffix => host.endsWith(`.${suffix}`)).sort((a, b) => b.length - a.length);
          const inOrder = [key, `${host}:${port}`, host, ...below.map(suffix => `*.${suffix}`)];
          expect(rules.find(key)).toBe(inOrder.find(name => given.includes(name)));
        }
    }
  });
});
