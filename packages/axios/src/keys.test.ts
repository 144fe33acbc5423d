import axios, { type AxiosRequestConfig, type AxiosResponse } from 'axios';
import { describe, expect, it } from 'vitest';
import { attachBreaker } from './attach-breaker.ts';

/** The keys of the circuits that a request met, without a network. */
async function keysOf(config: AxiosRequestConfig): Promise<string[]> {
  const adapter: AxiosRequestConfig['adapter'] = async sent =>
    ({ data: '', status: 200, statusText: '', headers: {}, config: sent }) as AxiosResponse;
  const http = axios.create({ adapter });
  const { policy } = attachBreaker(http);
  await http.request(config);
  return [...policy.registry].map(breaker => breaker.key);
}

describe('the key of a request', () => {
  it.each<[AxiosRequestConfig, string[]]>([
    [{ url: 'https://a.example/x?y=1' }, ['https://a.example']],
    [{ url: 'HTTPS://A.Example.:443/x' }, ['https://a.example']],
    [{ url: '/x', baseURL: 'http://a.example:8080/v1/' }, ['http://a.example:8080']],
    [{ url: 'x', baseURL: 'http://a.example' }, ['http://a.example']],
    [{ baseURL: 'http://user:secret@a.example/v1' }, ['http://a.example']],
    [{ url: 'http://b.example/', baseURL: 'http://a.example' }, ['http://b.example']],
    [{ url: 'http://b.example/', baseURL: 'http://a.example', allowAbsoluteUrls: false }, ['http://a.example']],
    [{ url: '//b.example/x', baseURL: 'http://a.example' }, []],
    [{ url: 'ftp://b.example/x', baseURL: 'http://a.example' }, []],
    [{ url: '/x' }, []],
    [{ url: 'http://a.example', params: { next: 'http://b.example' } }, ['http://a.example']],
  ])('of %j', async (config, keys) => {
    expect(await keysOf(config)).toEqual(keys);
  });
});
