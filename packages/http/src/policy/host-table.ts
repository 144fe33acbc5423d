/** Which of the rules for hosts applies to a key: the most specific one. */

import { show } from '@cutout/core/internal';
import { originOf } from './origin.ts';
import { unixKeyIn } from './unix-key.ts';

/**
 * From the most specific: a whole key, which may be that of a unix socket, `host:port`, a host with any port, and `*.a.com` for everything below a.com at
 * any depth but not a.com itself, the longest first.
 */
export class HostTable<T> {
  readonly #exact = new Map<string, T>();
  readonly #below: { readonly suffix: string; readonly rules: T }[] = [];

  /**
   * `verbatim`: keys are the user's own, and names are such keys and nothing else.
   *
   * @throws TypeError for a name that is none of these, RangeError for two names that mean the same.
   */
  constructor(entries: Iterable<readonly [name: string, rules: T]>, verbatim: boolean) {
    for (const [name, rules] of entries) {
      const pattern = verbatim ? name : normalise(name);
      if (this.#has(pattern)) throw new RangeError(`${pathOf(name)} means the same as another name there: ${pattern}`);
      if (!verbatim && pattern.startsWith('*.')) this.#below.push({ suffix: pattern.slice(1), rules });
      else this.#exact.set(pattern, rules);
    }
    this.#below.sort((a, b) => b.suffix.length - a.suffix.length);
  }

  find(key: string): T | undefined {
    return this.#findExact(key) ?? this.#findBelow(nameIn(key));
  }

  /** Whether the key is named as such, and not by a `*` that an invented name would fit too. */
  names(key: string): boolean {
    return this.#findExact(key) !== undefined;
  }

  #findExact(key: string): T | undefined {
    // The path of a socket is no name of a host.
    if (unixKeyIn(key) !== undefined) return this.#exact.get(key);
    const [, scheme = '', name = '', port = DEFAULT_PORTS[scheme]] = PARTS.exec(key) ?? [];
    return this.#exact.get(key) ?? this.#exact.get(`${name}:${port}`) ?? this.#exact.get(name);
  }

  #has(pattern: string): boolean {
    return this.#exact.has(pattern) || this.#below.some(({ suffix }) => pattern === `*${suffix}`);
  }

  #findBelow(name: string): T | undefined {
    return this.#below.find(({ suffix }) => name.length > suffix.length && name.endsWith(suffix))?.rules;
  }
}

/** The path of the options of `name`, for errors. */
export function pathOf(name: string): string {
  return `hosts[${JSON.stringify(name)}]`;
}

/** Of a key as the policy makes them: scheme, if there is one, host and port. */
const PARTS = /^(?:([a-z]+):\/\/)?(.*?)(?::(\d+))?$/;
const DEFAULT_PORTS: Readonly<Record<string, string>> = { http: '80', https: '443', ws: '80', wss: '443' };

/** Empty for a socket, whose path is no name of a host. */
function nameIn(key: string): string {
  return unixKeyIn(key) === undefined ? (PARTS.exec(key)?.[2] ?? '') : '';
}

/** As keys are printed. */
function normalise(name: string): string {
  if (name.includes('://')) return keyIn(name) ?? unixKeyIn(name) ?? refuse(name);
  const [, wildcard = '', host = '', port = ''] = NAME.exec(name) ?? [];
  const found = keyIn(`http://${host}`);
  if (!found || (wildcard && (port || found.includes('[')))) return refuse(name);
  return `${wildcard}${found.slice('http://'.length)}${port}`;
}

/** A host, or `host:port`, as keys by host are printed: without the port of http or https. Undefined for anything else. */
export function hostIn(text: string): string | undefined {
  const [, wildcard, host, port = ''] = NAME.exec(text) ?? [];
  if (wildcard !== undefined || host === undefined || Number(port.slice(1)) > 65_535) return undefined;
  const found = keyIn(`http://${host}`);
  if (!found) return undefined;
  const isDefault = port === ':80' || port === ':443';
  return `${found.slice('http://'.length)}${isDefault ? '' : port}`;
}

const NAME = /^(\*\.)?(\[[\da-fA-F:.]+\]|[^:*[\]]+)(:\d{1,5})?$/;

/** An origin and nothing more. */
function keyIn(text: string): string | undefined {
  const isOrigin = /^[a-z]+:\/\/[^/?#@\\\s*]+\/?$/i.test(text);
  return isOrigin ? originOf(text)?.origin : undefined;
}

function refuse(name: string): never {
  throw new TypeError(`${pathOf(name)} must name an origin, a host, host:port, or '*.' and a host, got ${show(name)}`);
}
