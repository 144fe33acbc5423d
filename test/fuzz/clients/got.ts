/** The got adapter. */

import { breakerHooks, type GotAdapterOptions } from '@cutout/got';
import got, { type Got, type Hooks, type OptionsInit } from 'got';
import { type EntriesOf, either, hook, integer, listOf, oneOf, seldom, value } from '../entry.ts';
import { streamAnswer } from './node-answer.ts';
import { type Answer, type Client, NOTHING, type Shape, type Subject } from './subject.ts';

const OWN = {
  fallback: either(
    oneOf([false]),
    hook(() => ({ statusCode: 203, body: 'instead' })),
  ),
} satisfies EntriesOf<GotAdapterOptions>;

const HOOKS = {
  init: listOf(hook(() => undefined)),
  beforeRequest: listOf(hook(() => undefined)),
  beforeRedirect: listOf(hook(() => undefined)),
  beforeError: listOf(hook((error: unknown) => error)),
  beforeRetry: listOf(hook(() => undefined)),
  beforeCache: listOf(hook(() => undefined)),
  afterResponse: listOf(
    either(
      hook((response: unknown) => response),
      hook((response: { statusCode: number; retryCount: number }, retry: (options: object) => unknown) =>
        response.statusCode === 429 ? retry({}) : response,
      ),
    ),
  ),
} satisfies EntriesOf<Hooks>;

/** The got options that change how a call ends. */
const OPTIONS = {
  throwHttpErrors: oneOf([true, false]),
  followRedirect: oneOf([true, false]),
  maxRedirects: integer(0, 3),
  decompress: oneOf([true, false]),
  responseType: oneOf(['text', 'json', 'buffer']),
  timeout: oneOf([{ request: 50 }, { response: 40 }, { socket: 30 }], { request: -1 }),
  retry: oneOf([{ limit: 0 }, { limit: 1, backoffLimit: 5 }]),
  headers: oneOf([{ 'x-own': '1' }], { 'bad name': '1' }),
  cache: seldom(value(() => new Map())),
  dnsLookup: seldom(hook(() => undefined)),
  request: seldom(hook(() => undefined)),
  parseJson: hook((text: string) => JSON.parse(text)),
  stringifyJson: hook((data: unknown) => JSON.stringify(data)),
  allowGetBody: oneOf([true, false]),
  methodRewriting: oneOf([true, false]),
} satisfies Partial<EntriesOf<OptionsInit>>;

export const gotSubject: Subject = {
  name: 'got',
  own: OWN,
  client: { ...OPTIONS, ...HOOKS },
  apis: ['promise', 'stream', 'stream with retries', 'promise, hooks after'],
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
    'an iterable that fails',
    'a number',
  ],
  // They run before or after the request itself.
  outOfReach: ['init', 'beforeError'],
  // Node's stream of a form continues after it was destroyed.
  ownFaults: [/ReadableStream is already closed/],
  refuses: ['hedge'],
  bare: () => ({ policy: undefined, send: sending({}), close: () => undefined }),
  build(options, own) {
    const hooks = breakerHooks(options as never, own as never);
    return { policy: hooks.policy, send: sending(hooks), close: () => undefined };
  },
};

/** The application's hooks run after ours, or before. */
function sending(hooks: object): Client['send'] {
  return async shape => {
    const { hooks: given, rest } = separate(shape.client);
    const own = { hooks: given } as never;
    const client = shape.api.endsWith('after')
      ? got.extend(hooks as never).extend(own)
      : got.extend(own).extend(hooks as never);
    const options = optionsOf(shape, rest);
    if (shape.api.startsWith('stream')) return byStream(client, shape, options);
    await client(shape.url, options as never);
    return NOTHING;
  };
}

function separate(client: Readonly<Record<string, unknown>>): { hooks: object; rest: object } {
  const entries = Object.entries(client);
  const isHook = ([key]: [string, unknown]): boolean => key in HOOKS;
  return {
    hooks: Object.fromEntries(entries.filter(isHook)),
    rest: Object.fromEntries(entries.filter(each => !isHook(each))),
  };
}

function optionsOf({ method, body, signal, cutout }: Shape, rest: object): object {
  return {
    ...rest,
    method,
    ...(body === undefined ? {} : { body }),
    ...(signal ? { signal } : {}),
    ...(cutout === undefined ? {} : { context: { cutout } }),
  };
}

/** Settles with the response, or when the stream ends without one. */
async function byStream(client: Got, { url, api, method, body }: Shape, options: object): Promise<Answer> {
  const stream = client.stream(url, options as never);
  const retries = api === 'stream with retries';
  if (['POST', 'PUT'].includes(method) && body === undefined) stream.end();
  return new Promise(resolve => {
    const follow = (each: ReturnType<Got['stream']>): void => {
      let retried = false;
      const answer = streamAnswer(each);
      each.once('response', () => resolve(answer));
      each.once('close', () => {
        if (!retried) resolve(answer);
      });
      if (!retries) return;
      each.once('retry', (_count, _error, createRetryStream) => {
        retried = true;
        follow(createRetryStream());
      });
    };
    follow(stream as ReturnType<Got['stream']>);
  });
}
