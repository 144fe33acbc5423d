/** The page's requests besides the stream. Only the query matters, so the handler may be mounted anywhere. */

import type { KeyMetrics } from '@cutout/http';
import type { Action } from '../options.ts';
import type { ShownExplanation } from '../shown-explanation.ts';
import type { HostRow } from '../snapshot.ts';

export interface Explained {
  readonly row: HostRow;
  readonly explanation: ShownExplanation;
  readonly metrics: KeyMetrics;
}

export interface Credentials {
  readonly token: string;
  /** The name for the timeline; empty for none. */
  readonly actor: string;
}

/** Undefined if the circuit no longer exists. @throws if there is no answer, or another status. */
export async function explain(id: string): Promise<Explained | undefined> {
  const answer = await fetch(urlOf({ format: 'explain', id }), { signal: AbortSignal.timeout(LONGEST_MS) });
  if (answer.status === 404) return undefined;
  if (!answer.ok) throw new Error(`the server answered with status ${answer.status}`);
  return (await answer.json()) as Explained;
}

/** Resolves with the status: 200, 403 for a wrong token, 404 for an unknown circuit. */
export async function act(action: Action, id: string, { token, actor }: Credentials): Promise<number> {
  // A valid token has no other characters, and a header could not carry them.
  if (!/^[!-~]+$/.test(token)) return 403;
  const headers = { authorization: `Bearer ${token}`, ...(actor && { 'x-cutout-actor': encodeURIComponent(actor) }) };
  const signal = AbortSignal.timeout(LONGEST_MS);
  const answer = await fetch(urlOf({ action, id }), { method: 'POST', headers, signal });
  await answer.body?.cancel();
  return answer.status;
}

/** A URL of the handler. Keeps the page's other query parameters: access control may need them. */
export function urlOf(query: Readonly<Record<string, string>>): string {
  const all = new URLSearchParams(location.search);
  for (const [name, value] of Object.entries(query)) all.set(name, value);
  return `${location.pathname}?${all}`;
}

const LONGEST_MS = 5_000;
