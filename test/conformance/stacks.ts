/** Stacks of adapters, each with its policy. */

import { attachBreaker } from '@cutout/axios';
import { createFetch } from '@cutout/fetch';
import { breakerHooks } from '@cutout/got';
import type { HttpPolicy } from '@cutout/http';
import type { Capabilities, ClientUnderTest } from '@cutout/testing';
import { breakerInterceptor, installGlobalDispatcher } from '@cutout/undici';
import axios from 'axios';
import got from 'got';
import ky from 'ky';
import { Agent, interceptors } from 'undici';
import { sending as sendingByAxios } from './axios.ts';
import { sending as sendingByFetch } from './fetch.ts';
import { sending as sendingByGot } from './got.ts';
import { sending as sendingByUndici } from './undici.ts';

type Send = ClientUnderTest['send'];

export interface Stack {
  readonly name: string;
  readonly capabilities: Capabilities;
  /** Builds the adapters, from the outermost to the innermost. */
  readonly build: (outer: HttpPolicy, inner: HttpPolicy) => { send: Send; close?: () => Promise<void> | void };
}

const FETCH: Capabilities = {
  bodyInsideAttempt: false,
  perHopKeys: false,
  replaysBodies: true,
  streams: true,
  overrides: true,
  seesEarlyAborts: true,
  hedges: true,
  servesStale: true,
  nodeSockets: true,
};
const AXIOS: Capabilities = { ...FETCH, bodyInsideAttempt: true };
/** An undici dispatcher sees each hop. */
const OVER_DISPATCHER: Capabilities = { ...FETCH, guardsForeignHops: true };
const PER_HOP: Capabilities = { ...FETCH, perHopKeys: true };

const axiosOver = (outer: HttpPolicy, fetch: typeof globalThis.fetch): Send => {
  const instance = axios.create({
    adapter: 'fetch',
    env: { fetch },
    transformResponse: (data: unknown) => data,
  } as object);
  attachBreaker(instance, outer);
  return sendingByAxios(instance);
};

const kyOver =
  (guarded: typeof globalThis.fetch): Send =>
  request => {
    const fetch: typeof globalThis.fetch = (input, init) => guarded(input, { ...init, ...overridesOf(request) });
    const options = { fetch, retry: 0, timeout: false, throwHttpErrors: false } as const;
    return sendingByFetch(ky.create(options) as never)(request);
  };

/** ky calls its fetch with a Request, which cannot carry our overrides. */
const overridesOf = ({ cutout }: { cutout?: unknown }): object => (cutout === undefined ? {} : { cutout });

export const STACKS: readonly Stack[] = [
  {
    name: 'createFetch over a global dispatcher',
    capabilities: OVER_DISPATCHER,
    build: (outer, inner) => {
      const uninstall = installGlobalDispatcher(inner);
      return { send: sendingByFetch(createFetch(outer)), close: uninstall };
    },
  },
  {
    name: 'createFetch over createFetch',
    capabilities: FETCH,
    build: (outer, inner) => ({ send: sendingByFetch(createFetch(outer, { fetch: createFetch(inner) })) }),
  },
  {
    name: 'createFetch over a function of yours over createFetch',
    capabilities: FETCH,
    build: (outer, inner) => {
      const guarded = createFetch(inner);
      return { send: sendingByFetch(createFetch(outer, { fetch: (input, init) => guarded(input, init) })) };
    },
  },
  {
    name: "axios' fetch adapter over createFetch",
    capabilities: AXIOS,
    build: (outer, inner) => ({ send: axiosOver(outer, createFetch(inner)) }),
  },
  {
    name: "axios' fetch adapter over a global dispatcher",
    capabilities: { ...OVER_DISPATCHER, bodyInsideAttempt: true },
    build: (outer, inner) => {
      const uninstall = installGlobalDispatcher(inner);
      return { send: axiosOver(outer, globalThis.fetch), close: uninstall };
    },
  },
  {
    name: "axios' fetch adapter over createFetch over a global dispatcher",
    capabilities: AXIOS,
    build: (outer, inner) => {
      const uninstall = installGlobalDispatcher(inner);
      return { send: axiosOver(outer, createFetch(inner)), close: uninstall };
    },
  },
  {
    name: 'ky over createFetch over a global dispatcher',
    // ky passes a Request, whose body can be read only once.
    capabilities: { ...OVER_DISPATCHER, replaysBodies: false },
    build: (outer, inner) => {
      const uninstall = installGlobalDispatcher(inner);
      return { send: kyOver(createFetch(outer)), close: uninstall };
    },
  },
  {
    name: 'an interceptor over an interceptor',
    capabilities: PER_HOP,
    build: (outer, inner) => {
      const agent = new Agent();
      const dispatcher = agent.compose(
        breakerInterceptor(inner) as never,
        breakerInterceptor(outer) as never,
        interceptors.redirect({ maxRedirections: 5 }),
      );
      return { send: sendingByUndici(dispatcher), close: () => agent.destroy() };
    },
  },
  {
    name: 'got extended twice',
    capabilities: { ...PER_HOP, bodyInsideAttempt: true, hedges: false },
    build: (outer, inner) => {
      const client = got.extend({ retry: { limit: 0 } }, breakerHooks(outer)).extend(breakerHooks(inner));
      return { send: sendingByGot(client) };
    },
  },
  {
    name: 'axios attached twice',
    capabilities: { ...AXIOS, namesFailedHop: true },
    build: (outer, inner) => {
      const instance = axios.create({ transformResponse: data => data });
      // Request interceptors run in the reverse order of their attachment.
      attachBreaker(instance, inner);
      attachBreaker(instance, outer);
      return { send: sendingByAxios(instance) };
    },
  },
];
