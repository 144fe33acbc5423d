import type { HttpRequest } from '@cutout/http';
import { expect, it } from 'vitest';
import { mayIdentify } from './neutral-headers.ts';
import { isOwn, partitionOf } from './partition.ts';
import { viaOf } from './via.ts';

type Fields = Readonly<Record<string, string>>;

function requestOf(fields: Fields, more: Partial<HttpRequest> = {}): HttpRequest {
  const headers = { get: (name: string) => fields[name] ?? null, names: () => Object.keys(fields) };
  return { method: 'GET', url: 'https://a.example/', replayable: true, headers, ...more };
}

it('names a partition by its caller, socket, proxy and site, and shows none of them', () => {
  const requests: HttpRequest[] = [
    requestOf({}),
    requestOf({ authorization: 'secret' }),
    requestOf({ cookie: 'secret' }),
    requestOf({ host: 'secret' }),
    requestOf({ 'x-api-key': 'secret' }),
    requestOf({}, { identity: 'secret' }),
    requestOf({}, { socketPath: 'secret' }),
    requestOf({}, { via: { proxy: 'secret' } }),
  ];
  const names = requests.map(request => partitionOf(request, ['x-api-key']).name);
  expect(new Set(names).size).toBe(requests.length);
  expect(names.join()).not.toContain('secret');
});

it('is shared unless a credential names the caller', () => {
  const shared = (request: HttpRequest, identity: string[] = []): boolean => partitionOf(request, identity).isShared;
  expect(
    [requestOf({}), requestOf({ host: 'b' }), requestOf({}, { socketPath: '/s', via: { proxy: 'p' } })].map(r =>
      shared(r),
    ),
  ).toEqual([true, true, true]);
  expect(
    [requestOf({ cookie: 'a' }), requestOf({ authorization: 'a' }), requestOf({}, { identity: 'a' })].map(r =>
      shared(r),
    ),
  ).toEqual([false, false, false]);
  expect([shared(requestOf({ 'x-a': '1' }), ['x-a']), shared(requestOf({}), ['x-a'])]).toEqual([false, true]);
});

it('owns an answer only where everything that may identify the sender distinguishes it', () => {
  const stranger = partitionOf(requestOf({ 'X-User-Id': 'a', accept: '*/*' }), []);
  expect(stranger.strangers).toEqual(['x-user-id']);
  expect([isOwn(stranger, []), isOwn(stranger, ['x-user-id'])]).toEqual([false, true]);
  expect(isOwn(partitionOf(requestOf({ 'X-User-Id': 'a' }), ['x-user-id']), [])).toBe(true);
});

it('fails closed where the names of the headers are not to be seen', () => {
  const request = requestOf({}, { headers: { get: () => null } });
  expect(isOwn(partitionOf(request, []), [])).toBe(false);
});

it('takes every header that is not known for one that may identify its sender', () => {
  for (const name of [
    'X-Api-Key',
    'x-anything',
    'baggage',
    'forwarded',
    'x-forwarded-for',
    'from',
    'proxy-authorization',
  ])
    expect([name, mayIdentify(name)]).toEqual([name, true]);
  for (const name of ['Accept', 'sec-fetch-mode', 'sec-ch-ua-platform', 'x-b3-traceid', 'Host'])
    expect([name, mayIdentify(name)]).toEqual([name, false]);
});

it('names options by their content, and agents and functions by themselves', () => {
  class Pool {}
  const [one, other, dial] = [new Pool(), new Pool(), () => 1];
  expect(viaOf({ proxy: undefined, agent: null, lookup: false })).toBeUndefined();
  expect(viaOf({ proxy: { host: 'p', port: 1 } })).toBe(viaOf({ proxy: { host: 'p', port: 1 } }));
  expect(viaOf({ agent: one })).toBe(viaOf({ agent: one }));
  expect(viaOf({ dial })).toBe(viaOf({ dial }));
  const names = [
    { agent: one },
    { agent: other },
    { agents: one },
    { dial },
    { proxy: { host: 'p' } },
    { agent: '#1' },
  ];
  expect(new Set(names.map(viaOf)).size).toBe(names.length);
});
