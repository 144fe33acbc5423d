/** A client whose server is replaced by a stub that answers at once, so that only the client's and the adapter's code runs. */

import type { HttpPolicy, HttpPolicyOptions } from '@cutout/http';

/** Resolves once the response has been read. */
export type Send = () => Promise<unknown>;

/** One client over one stub, bare and behind its adapter. */
export interface Stubbed {
  readonly bare: Send;
  readonly guarded: Send;
  /** The bare client over a stub that fails at once. */
  readonly failing: Send;
  readonly policy: HttpPolicy;
}

/** `{}` for the adapter's defaults. */
export type StubbedOptions = Pick<HttpPolicyOptions, 'attemptTimeoutMs' | 'retry'>;

export const ORIGIN = 'https://api.example.com';
export const URL_TEXT = `${ORIGIN}/items`;
export const BODY = JSON.stringify({ id: 4711, items: ['a', 'b', 'c'], note: 'x'.repeat(150) });
export const HEADERS = { 'content-type': 'application/json', 'content-length': String(BODY.length) } as const;

/** How a stub fails. Thrown by the stub, so that its stack is part of the client's own cost. */
export const down = (): Error => Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });

/** Far longer than any measurement, so that the limit is set and cleared and never ends a call. */
export const TIME_LIMIT: StubbedOptions = { attemptTimeoutMs: 30_000 };
