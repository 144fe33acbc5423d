/** A bare client, and the same with its adapter's defaults. Both share their sockets. */

import type { HttpPolicy } from '@cutout/http';

/** Resolves once the body is read and parsed. */
export type Send = () => Promise<unknown>;

export interface Client {
  readonly bare: Send;
  readonly adapter: Send;
  readonly policy: HttpPolicy;
}
