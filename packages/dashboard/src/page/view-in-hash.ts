/** Keeps the view in the page's address, so a reload or a shared link shows the same. */

import { VIEW_DEFAULTS, type View, viewOf } from '../view.ts';

/** The view of a `location.hash`; the default if the hash is not understood. */
export function viewOfHash(hash: string): View {
  try {
    return viewOf(new URLSearchParams(hash.slice(1)));
  } catch {
    return VIEW_DEFAULTS;
  }
}

/** The query of what differs from the default. */
export function queryOf(view: View): string {
  const query = new URLSearchParams();
  for (const name of ['filter', 'sort', 'limit'] as const)
    if (view[name] !== VIEW_DEFAULTS[name]) query.set(name, String(view[name]));
  if (view.reversed) query.set('reversed', '');
  return query.toString();
}
