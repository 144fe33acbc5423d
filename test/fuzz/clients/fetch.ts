/** The fetch adapter. */

import { type CutoutInit, createFetch, type FetchAdapterOptions } from '@cutout/fetch';
import type { BodyName } from '../bodies.ts';
import { BODIES } from '../bodies.ts';
import { type EntriesOf, either, hook, oneOf, seldom, value } from '../entry.ts';
import type { Answer, Client, Subject } from './subject.ts';

const OWN = {
  fetch: hook(globalThis.fetch as never),
  fallback: either(
    oneOf([false]),
    hook(() => new Response('instead')),
  ),
} satisfies EntriesOf<FetchAdapterOptions>;

const unset = seldom(value(() => undefined));

const INIT = {
  body: unset,
  cache: oneOf(['default', 'no-store', 'reload', 'force-cache']),
  credentials: oneOf(['omit', 'same-origin', 'include']),
  headers: oneOf([{ 'x-own': '1', authorization: 'Basic eDp5' }, [['x-own', '1']]], { 'bad name': '1' }, [['one']]),
  integrity: oneOf(['', 'sha256-nonsense']),
  keepalive: oneOf([true, false]),
  method: unset,
  mode: oneOf(['cors', 'same-origin', 'no-cors']),
  priority: oneOf(['high']),
  redirect: oneOf(['follow', 'error', 'manual']),
  referrer: oneOf(['', 'about:client'], 'http://['),
  referrerPolicy: oneOf(['no-referrer', 'origin']),
  signal: unset,
  window: seldom(oneOf([null])),
  cutout: unset,
} satisfies EntriesOf<CutoutInit>;

export const fetchSubject: Subject = {
  name: 'fetch',
  own: OWN,
  client: INIT,
  apis: ['init', 'Request', 'clone'],
  bodies: Object.keys(BODIES) as BodyName[],
  outOfReach: [],
  ownFaults: [],
  refuses: [],
  bare: () => ({ policy: undefined, send: sending(globalThis.fetch), close: () => undefined }),
  build(options, own) {
    const guarded = createFetch({ ...options, ...own } as never);
    return { policy: guarded.policy, send: sending(guarded), close: () => undefined };
  },
};

function sending(client: typeof globalThis.fetch): Client['send'] {
  return async ({ url, method, body, signal, cutout, api, client: own }) => {
    const init = { ...own, method, ...(body === undefined ? {} : { body, duplex: 'half' }) };
    const late = { ...(signal ? { signal } : {}), ...(cutout === undefined ? {} : { cutout }) };
    const response = await (api === 'Request'
      ? client(new Request(url, init as never), late as never)
      : client(url, { ...init, ...late } as never));
    return answerOf(api === 'clone' ? twice(response) : [response]);
  };
}

function twice(response: Response): Response[] {
  return [response.clone(), response];
}

export function answerOf(responses: readonly Response[]): Answer {
  const readers = responses.flatMap(response => readerOf(response) ?? []);
  const giveUp = (): void => {
    for (const reader of readers) reader.cancel().catch(() => undefined);
  };
  return {
    read: () => Promise.all(readers.map(readAll)),
    half: async () => {
      await readers[0]?.read();
      giveUp();
    },
    giveUp,
  };
}

/** Works for answers of a hostile fetch, too. */
function readerOf(response: Response): ReadableStreamDefaultReader | undefined {
  const isReadable = response?.body && typeof response.body.getReader === 'function' && !response.body.locked;
  return isReadable ? response.body.getReader() : undefined;
}

async function readAll(reader: ReadableStreamDefaultReader): Promise<void> {
  while (!(await reader.read()).done);
}
