/** What is asked of the server, the same by every contender: the call of each number, and the good answer to it. */

import type { Call } from './contender.ts';

const PAYLOAD = 'x'.repeat(200);
const ITEMS = 20;

/**
 * Mostly reads; every fifth call a POST, every tenth a PUT with a stream. Both tell themselves apart by a number, and go to
 * six of the items. Of seven GETs six go to the items, each of which has its turn, and one to a path that nobody asks for again.
 */
export function callOf(number: number): Call {
  const written = { number, path: `/items/${number % ITEMS}`, body: `${number}:${PAYLOAD}:end` };
  if (number % 10 === 7) return { method: 'PUT', ...written };
  if (number % 5 === 4) return { method: 'POST', ...written };
  const round = Math.floor(number / ITEMS);
  const path = number % 10 === 6 ? `/once/${number}` : `/items/${(number + round) % ITEMS}`;
  return { method: 'GET', number, path, body: undefined };
}

/** No two requests that differ in method or path have the same. */
export function bodyOf({ method, path }: Pick<Call, 'method' | 'path'>): string {
  return JSON.stringify({ method, path, ok: true });
}
