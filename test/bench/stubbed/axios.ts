/** axios over an `adapter` of its own kind that answers at once. */

import { attachBreaker } from '@cutout/axios';
import axios, { AxiosError, AxiosHeaders, type AxiosInstance, type InternalAxiosRequestConfig } from 'axios';
import { BODY, HEADERS, type Stubbed, type StubbedOptions, URL_TEXT } from './stubbed.ts';

export function stubbedAxios(options: StubbedOptions): Stubbed {
  const transport = (config: InternalAxiosRequestConfig) =>
    Promise.resolve({ data: BODY, status: 200, statusText: 'OK', headers: new AxiosHeaders(HEADERS), config });
  const failingTransport = async (config: InternalAxiosRequestConfig): Promise<never> => {
    throw new AxiosError('connect ECONNREFUSED', 'ECONNREFUSED', config);
  };
  const by = (instance: AxiosInstance) => () => instance.get(URL_TEXT);
  const guarded = axios.create({ adapter: transport });
  const { policy } = attachBreaker(guarded, options);
  return {
    bare: by(axios.create({ adapter: transport })),
    guarded: by(guarded),
    failing: by(axios.create({ adapter: failingTransport })),
    policy,
  };
}
