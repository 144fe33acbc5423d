/** The undici adapter. */

import { Readable, Writable } from 'node:stream';
import { breakerInterceptor, type UndiciAdapterOptions } from '@cutout/undici';
import { Agent, type Dispatcher, fetch, interceptors, pipeline, request, stream } from 'undici';
import { type EntriesOf, either, hook, oneOf, seldom, value } from '../entry.ts';
import { answerOf } from './fetch.ts';
import { streamAnswer } from './node-answer.ts';
import { type Answer, NOTHING, type Shape, type Subject } from './subject.ts';

const OWN = {
  origin: seldom(oneOf(['http://127.0.0.1'])),
  socketPath: seldom(oneOf(['/run/app.sock'], '')),
  fallback: either(
    oneOf([false]),
    hook(() => ({ status: 203, body: 'instead' })),
  ),
} satisfies EntriesOf<UndiciAdapterOptions>;

const nothing = hook(() => undefined);

const HANDLER = {
  onRequestStart: nothing,
  onRequestUpgrade: nothing,
  onResponseStart: nothing,
  onResponseData: nothing,
  onResponseEnd: nothing,
  onResponseError: nothing,
  onResponseStarted: nothing,
  onBodySent: nothing,
  onRequestSent: nothing,
} satisfies EntriesOf<Dispatcher.DispatchHandler>;

const unset = seldom(value(() => undefined));

const REQUEST = {
  origin: unset,
  path: unset,
  method: unset,
  body: unset,
  headers: oneOf([{ 'x-own': '1' }, ['x-own', '1']], { 'bad name': '1' }, ['odd']),
  query: oneOf([{ a: 1 }]),
  idempotent: oneOf([true, false]),
  blocking: oneOf([true, false]),
  upgrade: seldom(oneOf(['x'])),
  headersTimeout: oneOf([40, 1_000]),
  bodyTimeout: oneOf([40, 1_000]),
  reset: oneOf([true, false]),
  expectContinue: seldom(oneOf([true])),
  typeOfService: seldom(oneOf([0])),
} satisfies EntriesOf<Dispatcher.DispatchOptions>;

export const undiciSubject: Subject = {
  name: 'undici',
  own: OWN,
  client: { ...REQUEST, ...HANDLER },
  apis: [
    'request',
    'stream',
    'pipeline',
    'fetch',
    'dispatch',
    'request over redirects',
    'request over retries',
    'request over decompress',
  ],
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
    'an iterable that fails',
    'a form',
    'a number',
  ],
  outOfReach: [],
  ownFaults: [],
  refuses: [],
  bare() {
    const agent = new Agent();
    return {
      policy: undefined,
      send: shape => send(dispatcherOf(agent, shape.api), shape),
      close: () => void agent.destroy(),
    };
  },
  build(options, own) {
    const interceptor = breakerInterceptor(options as never, own as never);
    const agent = new Agent();
    const guarded = agent.compose(interceptor as never);
    return {
      policy: interceptor.policy,
      send: shape => send(dispatcherOf(guarded, shape.api), shape),
      close: () => void agent.destroy().catch(() => undefined),
    };
  },
};

function dispatcherOf(guarded: Dispatcher, api: string): Dispatcher {
  if (api.endsWith('redirects')) return guarded.compose(interceptors.redirect({ maxRedirections: 2 }));
  if (api.endsWith('retries'))
    return guarded.compose(interceptors.retry({ maxRetries: 2, minTimeout: 1, maxTimeout: 5 }));
  if (api.endsWith('decompress')) return guarded.compose(interceptors.decompress());
  return guarded;
}

async function send(dispatcher: Dispatcher, shape: Shape): Promise<Answer> {
  const { url, method, body, signal, cutout, api } = shape;
  const { handler, rest } = separate(shape.client);
  const options = {
    ...rest,
    dispatcher,
    method,
    ...(body === undefined ? {} : { body }),
    ...(signal ? { signal } : {}),
    ...(cutout === undefined ? {} : { cutout }),
  } as never;
  switch (api) {
    case 'stream':
      return byStream(url, options);
    case 'pipeline':
      return byPipeline(url, options);
    case 'fetch':
      return answerOf([(await fetch(url, { ...(options as object), duplex: 'half' } as never)) as never]);
    case 'dispatch':
      return byDispatch(dispatcher, shape, { ...rest, ...(cutout === undefined ? {} : { cutout }) }, handler);
    default:
      return streamAnswer((await request(url, options)).body);
  }
}

function separate(client: Readonly<Record<string, unknown>>): { handler: object; rest: object } {
  const entries = Object.entries(client);
  const isHook = ([key]: [string, unknown]): boolean => key in HANDLER;
  return {
    handler: Object.fromEntries(entries.filter(isHook)),
    rest: Object.fromEntries(entries.filter(each => !isHook(each))),
  };
}

/** Settles at the headers; a stalled body is the reader's. */
function byStream(url: string, options: never): Promise<Answer> {
  return new Promise((resolve, reject) => {
    let giveUp = (): void => undefined;
    const ended = stream(url, options, () => {
      const sink = new Writable({ write: (_chunk, _encoding, done) => done() });
      sink.on('error', () => undefined);
      giveUp = () => void sink.destroy();
      resolve({ read: () => ended, half: async () => giveUp(), giveUp });
      return sink;
    });
    ended.then(() => resolve(NOTHING), reject);
  });
}

async function byPipeline(url: string, options: never): Promise<Answer> {
  const duplex = pipeline(url, options, ({ body }) => Readable.from(body));
  duplex.on('error', () => undefined).end('x');
  await new Promise(resolve => duplex.once('readable', resolve).once('close', resolve));
  return streamAnswer(duplex);
}

/** Dispatches by hand; a handler's own method runs first. */
function byDispatch(
  dispatcher: Dispatcher,
  { url, method, body }: Shape,
  options: object,
  own: object,
): Promise<Answer> {
  const { origin, pathname: path } = new URL(url);
  return new Promise((resolve, reject) => {
    const hooks = own as Record<string, unknown>;
    let abort = (): void => undefined;
    const call = (name: string, args: unknown[]): void => {
      const hook = hooks[name];
      if (typeof hook === 'function') hook.apply(handler, args);
    };
    const answer: Answer = { ...NOTHING, giveUp: () => abort() };
    const handler = {
      onRequestStart: (controller: Dispatcher.DispatchController, ...rest: unknown[]) => {
        abort = () => controller.abort(new Error('given up'));
        call('onRequestStart', [controller, ...rest]);
      },
      onRequestUpgrade: (...args: unknown[]) => {
        (args[3] as Readable).on('error', () => undefined).destroy();
        resolve(NOTHING);
        call('onRequestUpgrade', args);
      },
      onResponseStart: (...args: unknown[]) => call('onResponseStart', args),
      onResponseData: (...args: unknown[]) => call('onResponseData', args),
      onResponseEnd: (...args: unknown[]) => {
        resolve(answer);
        call('onResponseEnd', args);
      },
      onResponseError: (_controller: unknown, error: Error) => {
        reject(error);
        call('onResponseError', [_controller, error]);
      },
      onResponseStarted: (...args: unknown[]) => call('onResponseStarted', args),
      onBodySent: (...args: unknown[]) => call('onBodySent', args),
      onRequestSent: (...args: unknown[]) => call('onRequestSent', args),
    };
    dispatcher.dispatch({ ...options, origin, path, method: method as 'GET', body: (body ?? null) as never }, handler);
    // A caller of `dispatch` has no other way to stop reading a body.
    setTimeout(() => {
      abort();
      resolve(answer);
    }, 200);
  });
}
