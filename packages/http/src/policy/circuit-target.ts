/** Which circuit a text names that an operator or a program gives: one that calls use, or none. */

import { show } from '@cutout/core/internal';
import { hostIn } from './host-table.ts';
import type { KeyOption } from './key.ts';
import { originOf } from './origin.ts';
import { unixKeyIn } from './unix-key.ts';

/** A URL, an origin or a key; or `{ key }` for a key as it is. */
export type CircuitTarget = string | { readonly key: string };

/** How circuits are named in a policy. */
export interface Naming {
  readonly option: KeyOption;
  /** Whether there is a circuit of that very key. */
  readonly isKnown: (key: string) => boolean;
}

/**
 * The key that `target` names. Under a `key` function it is undefined for a text that is no known key.
 *
 * @throws TypeError for a text that names no circuit, and for any other value.
 */
export function keyOfTarget(target: CircuitTarget, { option, isKnown }: Naming): string | undefined {
  if (typeof target !== 'string') return exactKey(target, option);
  if (isKnown(target)) return target;
  if (typeof option === 'function') return undefined;
  return defaultKey(option, target) ?? refuseTarget(option, target);
}

/** The same. @throws TypeError for a text that names no circuit, under a `key` function too. */
export function requireKey(target: CircuitTarget, naming: Naming): string {
  return keyOfTarget(target, naming) ?? refuseTarget(naming.option, target);
}

function defaultKey(option: 'origin' | 'host', text: string): string | undefined {
  // A WebSocket is opened by a request over HTTP, whose circuit it is.
  const found = originOf(text.replace(/^ws(?=s?:)/i, 'http'));
  // A pattern of `hosts` names no circuit, though a URL may have such a host.
  if (found?.host.includes('*')) return undefined;
  if (found) return option === 'host' ? found.host : found.origin;
  return unixKeyIn(text) ?? (option === 'host' ? hostIn(text) : undefined);
}

function exactKey(target: unknown, option: KeyOption): string {
  const { key } = (typeof target === 'object' && target !== null ? target : {}) as { key?: unknown };
  return typeof key === 'string' && key !== '' ? key : refuseTarget(option, target);
}

function refuseTarget(option: KeyOption, target: unknown): never {
  throw new TypeError(`a circuit must be named by ${accepted(option)}, or as { key }, got ${show(target)}`);
}

function accepted(option: KeyOption): string {
  if (typeof option === 'function') return 'a key that a call has used';
  return option === 'host' ? 'a host, host:port or URL' : 'an origin or URL with http: or https:';
}
