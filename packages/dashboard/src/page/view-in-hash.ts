/** The view that the page shows, kept in its address: a reload, or a colleague who is sent it, sees the same. */

import { VIEW_DEFAULTS, type View, viewOf } from '../view.ts';

/** The view of a `location.hash`; the usual one where the hash says nothing that is understood. */
export function viewOfHash(hash: string): View {
  try {
    return viewOf(new URLSearchParams(hash.slice(1)));
  } catch {
    return VIEW_DEFAULTS;
  }
}

/** What is not as usual, as a query. */
export function queryOf(view: View): string {
  const query = new URLSearchParams();
  for (const name of ['filter', 'sort', 'limit'] as const)
    if (view[name] !== VIEW_DEFAULTS[name]) query.set(name, String(view[name]));
  if (view.reversed) query.set('reversed', '');
  return query.toString();
}
