/** A client as it is, behind its adapter with the adapter's defaults, and behind what others put there. */

import type { HttpPolicy } from '@cutout/http';

/** Resolves once the body has been read and parsed. */
export type Send = () => Promise<unknown>;

/** `floor`: the least code that sees how each call ends, at the seam that the adapter uses. */
type OtherName = 'floor' | 'cockatiel' | 'opossum';

export interface Client {
  readonly bare: Send;
  readonly guarded: Send;
  /** By name, each over the same sockets. */
  readonly others: Readonly<Record<OtherName, Send>> & Readonly<Partial<Record<'axios-retry', Send>>>;
  readonly policy: HttpPolicy;
}
