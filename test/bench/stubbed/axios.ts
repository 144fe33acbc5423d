/** axios over an `adapter` of its own kind that answers at once. */

import { attachBreaker } from '@cutout/axios';
import axios, { AxiosHeaders, type InternalAxiosRequestConfig } from 'axios';
import { BODY, HEADERS, type Stubbed, type StubbedOptions, URL_TEXT } from './stubbed.ts';

export function stubbedAxios(options: StubbedOptions): Stubbed {
  const transport = (config: InternalAxiosRequestConfig) =>
    Promise.resolve({ data: BODY, status: 200, statusText: 'OK', headers: new AxiosHeaders(HEADERS), config });
  const bare = axios.create({ adapter: transport });
  const guarded = axios.create({ adapter: transport });
  const { policy } = attachBreaker(guarded, options);
  return { bare: () => bare.get(URL_TEXT), guarded: () => guarded.get(URL_TEXT), policy };
}
