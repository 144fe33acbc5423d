/** What the page asks of the server beside the stream. Only the query decides, wherever the handler is mounted. */

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
  /** Whom the timeline shall name; empty for nobody. */
  readonly actor: string;
}

/** Undefined if there is no such circuit any more. @throws if the server does not answer, or in another way. */
export async function explain(id: string): Promise<Explained | undefined> {
  const answer = await fetch(urlOf({ format: 'explain', id }), { signal: AbortSignal.timeout(LONGEST_MS) });
  if (answer.status === 404) return undefined;
  if (!answer.ok) throw new Error(`the server answered with status ${answer.status}`);
  return (await answer.json()) as Explained;
}

/** The answer's status: 200, 403 for a wrong token, 404 for a circuit that is gone. */
export async function act(action: Action, id: string, { token, actor }: Credentials): Promise<number> {
  // No token has other characters, and no header could carry them.
  if (!/^[!-~]+$/.test(token)) return 403;
  const headers = { authorization: `Bearer ${token}`, ...(actor && { 'x-cutout-actor': encodeURIComponent(actor) }) };
  const signal = AbortSignal.timeout(LONGEST_MS);
  const answer = await fetch(urlOf({ action, id }), { method: 'POST', headers, signal });
  await answer.body?.cancel();
  return answer.status;
}

/** Of this page's handler. What else is in the page's own query is kept: whoever guards it may go by that. */
export function urlOf(query: Readonly<Record<string, string>>): string {
  const all = new URLSearchParams(location.search);
  for (const [name, value] of Object.entries(query)) all.set(name, value);
  return `${location.pathname}?${all}`;
}

const LONGEST_MS = 5_000;
