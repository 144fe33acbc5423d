/** `using` for what can be given back, where the platform knows it. */

/**
 * Makes `[Symbol.dispose]` of a class call `dispose`. Where the platform has no such symbol, as Firefox ESR and WebKit,
 * there is no method: a computed name would be the word "undefined".
 */
export function makeDisposable<T extends object>(
  prototype: T,
  dispose: (this: T) => void,
  symbol: symbol | undefined = (Symbol as { readonly dispose?: symbol }).dispose,
): void {
  if (symbol === undefined) return;
  Object.defineProperty(prototype, symbol, { value: dispose, configurable: true, writable: true });
}
