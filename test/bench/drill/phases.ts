/** The outage of the drill: what the server does, and for how long. */

import { answer, breakBody, hang, type SeenRequest, type Step } from '@cutout/testing';
import { bodyOf } from './calls.ts';
import type { Call } from './contender.ts';

export interface Phase {
  readonly name: string;
  readonly ms: number;
  /** Undefined: the port is closed. */
  readonly server: ((request: SeenRequest) => Step) | undefined;
  readonly failing: boolean;
}

const good = ({ method, path }: SeenRequest): Step => {
  const body = bodyOf({ method: method as Call['method'], path });
  return answer(200, { headers: { 'content-type': 'application/json' }, body });
};
/** Every other request, so all contenders get the same share. */
const half = (): ((request: SeenRequest) => Step) => {
  let count = 0;
  return request => (count++ % 2 === 0 ? answer(503, { body: 'busy' }) : good(request));
};
const failing = (name: string, ms: number, server: Phase['server']): Phase => ({ name, ms, server, failing: true });
const healthy = (name: string, ms: number): Phase => ({ name, ms, server: good, failing: false });

/** The Retry-After of the 429. */
export const RETRY_AFTER_S = 3;

/** A new outage per contender. Between failing phases the server is healthy, so each phase begins alike. */
export function phases(): readonly Phase[] {
  return [
    healthy('healthy', 3_000),
    failing('dead', 4_000, undefined),
    healthy('well again 1', 4_000),
    failing('hanging', 4_000, () => hang),
    healthy('well again 2', 4_000),
    failing('50 % 503', 4_000, half()),
    healthy('well again 3', 4_000),
    failing('429', 4_000, () => answer(429, { headers: { 'retry-after': String(RETRY_AFTER_S) } })),
    healthy('well again 4', 5_000),
    failing('truncated', 4_000, () => breakBody('reset')),
    healthy('recovery', 5_000),
  ];
}
