/** Puts the breaker under everything in the process that sends through undici, Node's built-in fetch included. */

import { checkObject } from '@cutout/core/internal';
import { type HttpPolicy, type HttpPolicyOptions, isHttpPolicy } from '@cutout/http';
import { adapterOf, adapterPolicy, asAdapter } from '@cutout/http/adapter';
import type { Dispatcher } from 'undici';
import { breakerInterceptor, type UndiciAdapterOptions, type UndiciOptions } from './breaker-interceptor.ts';
import { checkAnswer } from './dispatch-answer.ts';
import { withoutDispatcher } from './request.ts';

/** Where undici, of every version and built in or not, keeps its global dispatcher. */
const SLOTS = [Symbol.for('undici.globalDispatcher.1'), Symbol.for('undici.globalDispatcher.2')] as const;

/** Makes ours a pass-through, and puts back what was in a slot if the slot is still ours. */
export interface Uninstall {
  (): void;
  /** The policy of the adapter: pass it to another adapter to share its circuits. */
  readonly policy: HttpPolicy;
}

type Slots = Record<symbol, Dispatcher | undefined>;

/**
 * Composes the breaker over whatever is in the global slots: a proxy or a mock that someone put there stays in use. npm
 * undici is not imported, since the mere import of version 8 re-routes the fetch of Node 22.
 *
 * Every SDK of the process sends through it, and their own retries must not be multiplied: `retry` is `false` by default.
 *
 * @example
 * const uninstall = installGlobalDispatcher({ attemptTimeoutMs: 5_000 });
 *
 * @throws TypeError or RangeError for bad options.
 */
export function installGlobalDispatcher(
  options: UndiciOptions | HttpPolicy = {},
  own: Pick<UndiciAdapterOptions, 'fallback'> = {},
): Uninstall {
  checkObject('', own, ['fallback']);
  const { policy, adapter } = adapterPolicy(withRetryOff(options as HttpPolicyOptions | HttpPolicy), own, checkAnswer);
  const { fallback } = adapter as UndiciAdapterOptions;
  const gate = { open: true };
  fillSlots();
  const undo = SLOTS.map(slot => install(slot, policy, fallback, gate));
  const uninstall = (): void => {
    gate.open = false;
    for (const each of undo) each();
  };
  return asAdapter(uninstall, policy, 'installGlobalDispatcher');
}

function withRetryOff(options: HttpPolicyOptions | HttpPolicy): HttpPolicyOptions | HttpPolicy {
  const areOptions = typeof options === 'object' && options !== null && !isHttpPolicy(options) && !adapterOf(options);
  return areOptions ? { retry: false, ...options } : options;
}

/** Node loads its undici, which fills the slots, when one of its classes is first looked at. */
function fillSlots(): void {
  void globalThis.Response;
}

function install(
  slot: symbol,
  policy: HttpPolicy,
  fallback: UndiciAdapterOptions['fallback'],
  gate: { readonly open: boolean },
): () => void {
  const slots = globalThis as unknown as Slots;
  const before = slots[slot];
  if (typeof before?.dispatch !== 'function') return () => undefined;
  const guarded = breakerInterceptor(policy, fallback === undefined ? {} : { fallback })(before.dispatch.bind(before));
  const dispatch: Dispatcher['dispatch'] = (opts, handler) => {
    const options = withoutDispatcher(opts, ours);
    return gate.open ? guarded(options, handler) : before.dispatch(options, handler);
  };
  const ours: Dispatcher = new Proxy(before, {
    get: (target, key) => (key === 'dispatch' ? dispatch : Reflect.get(target, key)),
  });
  slots[slot] = ours;
  return () => {
    if (slots[slot] === ours) slots[slot] = before;
  };
}
