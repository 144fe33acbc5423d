/** Errors of a client that followed no redirect before them, where only the client's own request shows it. */

const marked = new WeakSet<object>();

/** For adapters: `error` came from the first host that the request was sent to. */
export function markFirstHop(error: unknown): void {
  if (typeof error === 'object' && error !== null) marked.add(error);
}

export function isOfFirstHop(error: unknown): boolean {
  return typeof error === 'object' && error !== null && marked.has(error);
}
