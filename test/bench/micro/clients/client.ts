/** A client as it is, and behind its adapter with the adapter's defaults. Both share their sockets. */

import type { HttpPolicy } from '@cutout/http';

/** Resolves once the body has been read and parsed. */
export type Send = () => Promise<unknown>;

export interface Client {
  readonly bare: Send;
  readonly adapter: Send;
  readonly policy: HttpPolicy;
}
