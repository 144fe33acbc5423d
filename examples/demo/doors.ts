/** The doors that the demo can show: each resolves to whether the call was answered well. */

import { attachBreaker } from '@cutout/axios';
import { createFetch } from '@cutout/fetch';
import { breakerHooks } from '@cutout/got';
import type { HttpPolicy } from '@cutout/http';
import axios from 'axios';
import got from 'got';

export type Send = (url: string) => Promise<boolean>;

interface Door {
  readonly policy: HttpPolicy;
  readonly send: Send;
}

type Build = (policy: HttpPolicy) => Door;

export const DOORS: Readonly<Record<string, Build>> = {
  fetch: policy => {
    const fetch = createFetch(policy);
    return { policy, send: async url => readOk(await fetch(url)) };
  },
  axios: policy => {
    const http = axios.create();
    attachBreaker(http, policy);
    return { policy, send: async url => (await http.get(url)).status === 200 };
  },
  got: policy => {
    const client = got.extend(breakerHooks(policy));
    return { policy, send: async url => (await client(url)).ok };
  },
};

export async function readOk(response: Response): Promise<boolean> {
  await response.arrayBuffer();
  return response.ok;
}
