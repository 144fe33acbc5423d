/** Looks for an error of ours behind those that clients wrap around it. */

const MAX_DEPTH = 10;
/** A larger tree of errors was made to be walked. */
const MAX_ERRORS = 1_000;

/**
 * The first that `isIt` knows among `error`, its causes, the members of its `AggregateError`s and the `detail`s in which
 * SDKs keep what they wrap (Stripe's), 10 deep and 1,000 errors at most. Never throws.
 */
export function findCause<E>(error: unknown, isIt: (value: unknown) => value is E): E | undefined {
  return search(error, isIt, 0, new Set());
}

function search<E>(
  error: unknown,
  isIt: (value: unknown) => value is E,
  depth: number,
  seen: Set<object>,
): E | undefined {
  if (depth > MAX_DEPTH || seen.size >= MAX_ERRORS) return undefined;
  if (typeof error !== 'object' || error === null || seen.has(error)) return undefined;
  seen.add(error);
  try {
    if (isIt(error)) return error;
    const { cause, errors, detail } = error as Record<'cause' | 'errors' | 'detail', unknown>;
    const inner = Array.isArray(errors) ? [cause, detail, ...errors] : [cause, detail];
    for (const each of inner) {
      const found = search(each, isIt, depth + 1, seen);
      if (found) return found;
    }
  } catch {
    // An error whose getters throw is not ours.
  }
  return undefined;
}
