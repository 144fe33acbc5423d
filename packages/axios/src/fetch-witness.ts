/** What axios' fetch adapter does not hand on of a Response: where it came from, and whether it is opaque. */

import type { InternalAxiosRequestConfig } from 'axios';

export interface Seen {
  readonly url: string;
  readonly type: string;
}

type Fetch = typeof globalThis.fetch;

const seen = new WeakMap<object, Seen>();
/** One for each fetch: axios keeps an adapter for each that it is given. */
const witnesses = new WeakMap<Fetch, Fetch>();

/** By the Request that axios made, and leaves on its response. */
export function seenBy(request: unknown): Seen | undefined {
  return typeof request === 'object' && request !== null ? seen.get(request) : undefined;
}

/** The `env` of a config under which the fetch adapter's answers are seen. Older versions of axios do not read it. */
export function witnessed({ env }: { env?: object | undefined }): Pick<InternalAxiosRequestConfig, 'env'> {
  const { fetch } = (env ?? {}) as { fetch?: Fetch };
  const client = fetch ?? globalThis.fetch;
  return typeof client === 'function' ? ({ env: { ...env, fetch: witnessOf(client) } } as never) : {};
}

function witnessOf(client: Fetch): Fetch {
  const known = witnesses.get(client);
  if (known) return known;
  const witness: Fetch = async (input, init) => {
    const response = await client(input, init);
    if (typeof input === 'object' && response) seen.set(input, { url: response.url, type: response.type });
    return response;
  };
  witnesses.set(client, witness);
  return witness;
}
