/** The calls of the drill, the same for every contender: the call of each number, and its good answer. */

import type { Call } from './contender.ts';

const PAYLOAD = 'x'.repeat(200);
const ITEMS = 20;

/**
 * Mostly reads; every fifth call is a POST, every tenth a PUT with a stream. Both carry a number, and go to six of the items.
 * Of seven GETs six go to the items in turn, and one to a unique path.
 */
export function callOf(number: number): Call {
  const written = { number, path: `/items/${number % ITEMS}`, body: `${number}:${PAYLOAD}:end` };
  if (number % 10 === 7) return { method: 'PUT', ...written };
  if (number % 5 === 4) return { method: 'POST', ...written };
  const round = Math.floor(number / ITEMS);
  const path = number % 10 === 6 ? `/once/${number}` : `/items/${(number + round) % ITEMS}`;
  return { method: 'GET', number, path, body: undefined };
}

/** Different for requests that differ in method or path. */
export function bodyOf({ method, path }: Pick<Call, 'method' | 'path'>): string {
  return JSON.stringify({ method, path, ok: true });
}
