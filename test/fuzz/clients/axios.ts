/** The axios adapter. */

import { Readable } from 'node:stream';
import { type AxiosOwnOptions, attachBreaker } from '@cutout/axios';
import axios, { type AxiosRequestConfig } from 'axios';
import { type EntriesOf, either, group, hook, integer, oneOf, seldom, value } from '../entry.ts';
import { streamAnswer } from './node-answer.ts';
import type { Client, Fields, Subject } from './subject.ts';

const OWN = {
  fallback: either(
    oneOf([false]),
    hook(() => ({ status: 203, statusText: '', headers: {}, data: 'instead', config: {} })),
  ),
} satisfies EntriesOf<AxiosOwnOptions>;

const unset = seldom(value(() => undefined));

const CONFIG = {
  url: unset,
  method: unset,
  baseURL: unset,
  allowAbsoluteUrls: oneOf([true]),
  transformRequest: either(
    hook((data: unknown) => data),
    oneOf([[]]),
  ),
  transformResponse: either(
    hook((data: unknown) => data),
    oneOf([[]]),
  ),
  headers: oneOf([{ 'x-own': '1', authorization: 'Basic eDp5' }], { 'bad name': '1' }, { x: '\n' }),
  params: oneOf([{ a: 1 }]),
  paramsSerializer: hook(() => 'a=1'),
  data: unset,
  timeout: integer(20, 100),
  timeoutErrorMessage: oneOf(['too late']),
  withCredentials: oneOf([true, false]),
  adapter: either(
    oneOf(['http', 'fetch', ['http', 'fetch']]),
    hook(async (config: object) => ({ status: 200, statusText: '', headers: {}, data: 'own', config })),
  ),
  auth: oneOf([{ username: 'a', password: 'b' }]),
  responseType: oneOf(['json', 'text', 'arraybuffer', 'stream']),
  responseEncoding: oneOf(['utf8', 'latin1']),
  xsrfCookieName: unset,
  xsrfHeaderName: unset,
  onUploadProgress: hook(() => undefined),
  onDownloadProgress: hook(() => undefined),
  maxContentLength: oneOf([10, 1_000_000]),
  validateStatus: either(
    hook((status: number) => status < 400),
    oneOf([null]),
  ),
  maxBodyLength: oneOf([10, 1_000_000]),
  maxRedirects: integer(0, 3),
  maxRate: seldom(oneOf([1_000_000])),
  beforeRedirect: hook(() => undefined),
  socketPath: seldom(oneOf(['/nonsense'])),
  allowedSocketPaths: unset,
  transport: seldom(group({ request: hook(() => undefined) })),
  httpAgent: unset,
  httpsAgent: unset,
  proxy: oneOf([false]),
  cancelToken: seldom(value(() => axios.CancelToken.source().token)),
  decompress: oneOf([true, false]),
  transitional: oneOf([{ clarifyTimeoutError: true }]),
  signal: unset,
  insecureHTTPParser: oneOf([true, false]),
  env: seldom(group({ fetch: hook(globalThis.fetch as never) })),
  formSerializer: seldom(oneOf([{ dots: true }])),
  family: oneOf([4]),
  lookup: hook((_host: string, _options: object, done: (error: null, address: string, family: number) => void) =>
    done(null, '127.0.0.1', 4),
  ),
  withXSRFToken: oneOf([true, false]),
  parseReviver: hook((_key: unknown, parsed: unknown) => parsed),
  fetchOptions: seldom(oneOf([{}])),
  httpVersion: oneOf([1]),
  http2Options: unset,
  formDataHeaderPolicy: unset,
  redact: unset,
  sensitiveHeaders: unset,
  'axios-retry': unset,
  cutout: unset,
} satisfies EntriesOf<AxiosRequestConfig>;

const INTERCEPTORS = {
  'request interceptor': hook((config: unknown) => config),
  'response interceptor': hook((response: unknown) => response),
  'failure interceptor': hook((error: unknown) => Promise.reject(error)),
};

export const axiosSubject: Subject = {
  name: 'axios',
  own: OWN,
  client: { ...CONFIG, ...INTERCEPTORS },
  apis: ['before', 'after'],
  bodies: [
    'none',
    'a text',
    'bytes',
    'a large text',
    'a stream',
    'a slow stream',
    'a stream that fails',
    'a stream that stalls',
    'a stream destroyed at once',
    'a form',
    'a number',
  ],
  outOfReach: [...Object.keys(INTERCEPTORS)],
  ownFaults: [],
  refuses: [],
  bare: () => ({ policy: undefined, send: sending(() => undefined), close: () => undefined }),
  build(options, own) {
    const { policy } = attachBreaker(axios.create(), options as never, own as never);
    return {
      policy,
      send: sending(instance => attachBreaker(instance, policy, own as never)),
      close: () => undefined,
    };
  },
};

type Instance = ReturnType<typeof axios.create>;

/** The caller owns the body of a response that axios rejects with, and its connection, too. */
async function requestOf(instance: Instance, config: object): Promise<{ readonly data?: unknown } | undefined> {
  try {
    return await instance.request(config);
  } catch (error) {
    const response = (error as { response?: { data?: unknown } } | null | undefined)?.response;
    if (!(response?.data instanceof Readable)) throw error;
    return response;
  }
}

/** The adapter is attached before the application's interceptors, or after them. */
function sending(attach: (instance: Instance) => unknown): Client['send'] {
  return async ({ url, method, body, signal, cutout, api, client }) => {
    const instance = axios.create();
    if (api === 'after') intercept(instance, client);
    attach(instance);
    if (api === 'before') intercept(instance, client);
    const { 'request interceptor': _1, 'response interceptor': _2, 'failure interceptor': _3, ...config } = client;
    const response = await requestOf(instance, {
      ...config,
      url,
      method,
      ...(body === undefined ? {} : { data: body }),
      ...(signal ? { signal: signal as never } : {}),
      ...(cutout === undefined ? {} : { cutout: cutout as never }),
    });
    return streamAnswer(response?.data);
  };
}

function intercept(instance: Instance, client: Fields): void {
  const { 'request interceptor': request, 'response interceptor': response, 'failure interceptor': failure } = client;
  if (request) instance.interceptors.request.use(request as never);
  if (response ?? failure) instance.interceptors.response.use((response ?? null) as never, (failure ?? null) as never);
}
