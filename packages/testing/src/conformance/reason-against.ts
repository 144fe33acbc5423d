/** Which rows of the conformance table are for which client. */

import type { Capabilities } from './adapter.ts';
import type { Scenario } from './scenario.ts';

const WHY_NOT: Record<keyof Capabilities, { missing: string; present: string }> = {
  bodyInsideAttempt: { missing: 'the body is handed out', present: 'the client reads the body inside the attempt' },
  perHopKeys: { missing: 'redirects are followed inside the client', present: 'every hop is an attempt of its own' },
  replaysBodies: { missing: 'the client uses a body up as it sends it', present: 'the client can send a body again' },
  overrides: { missing: 'the client has no place for overrides of one call', present: 'a call may have overrides' },
  hearsEarlyAborts: {
    missing: 'the client tells of an abort only once it is connected',
    present: 'the client tells of an abort at once',
  },
  hedges: {
    missing: 'the client makes one request at a time for a call',
    present: 'the client can make a second request for a call',
  },
  fallbacks: { missing: 'the adapter takes no fallback', present: 'the adapter takes a fallback' },
  servesStale: { missing: 'the door serves no stale answers', present: 'the door serves stale answers' },
  sharesConnections: {
    missing: 'the client opens a connection for each request under way',
    present: 'the client opens six connections to a host at most',
  },
  hidesCauses: {
    missing: 'the client says why a request failed',
    present: 'the client does not say why a request failed',
  },
  hidesCutBodies: {
    missing: 'the client notices a body that is cut short',
    present: 'the client takes a body that is cut short for a whole one',
  },
  streams: { missing: 'the client takes no one-shot bodies', present: 'the client takes one-shot bodies' },
};

/** Why a scenario is not for a client with these capabilities; undefined where it is. */
export function reasonAgainst({ needs = {} }: Scenario, capabilities: Capabilities): string | undefined {
  for (const [capability, needed] of Object.entries(needs) as [keyof Capabilities, boolean][]) {
    if ((capabilities[capability] ?? false) !== needed) return WHY_NOT[capability][needed ? 'missing' : 'present'];
  }
  return undefined;
}
