/** What hosts are called in attributes, and which of them have a name: an attacker's host names must make no series. */

import { type Attributes, diag } from '@opentelemetry/api';

export class HostLabels {
  readonly #maxHosts: number;
  readonly #hostLabel: ((key: string) => string) | undefined;
  readonly #common: Attributes;
  readonly #other: Attributes;
  /** By what makes them differ, first come. */
  readonly #named = new Map<string, Attributes>();

  /** `common`: what all hosts have. */
  constructor(maxHosts: number, hostLabel: ((key: string) => string) | undefined, common: Attributes) {
    this.#maxHosts = maxHosts;
    this.#hostLabel = hostLabel;
    this.#common = common;
    this.#other = { 'server.address': '_other', ...common };
  }

  /** The same object for the same host. */
  of(key: string): Attributes {
    const attributes = this.#labelled(key);
    const name = Object.values(attributes).join(' ');
    const known = this.#named.get(name);
    if (known) return known;
    if (this.#named.size >= this.#maxHosts) return this.#other;
    const named = { ...attributes, ...this.#common };
    this.#named.set(name, named);
    return named;
  }

  /** A label that cannot be made must not cost the metrics of all other hosts. */
  #labelled(key: string): Attributes {
    try {
      if (this.#hostLabel) return { 'server.address': String(this.#hostLabel(key)) };
    } catch (error) {
      diag.error('[@cutout/opentelemetry] hostLabel threw', error);
    }
    return attributesOf(key);
  }
}

const DEFAULT_PORTS: Readonly<Record<string, number>> = { 'http:': 80, 'https:': 443 };

/** Of an origin its host and port; of any other key the key itself. */
export function attributesOf(key: string): Attributes {
  const url = URL.parse(key);
  if (!url?.hostname) return { 'server.address': key };
  const port = url.port === '' ? DEFAULT_PORTS[url.protocol] : Number(url.port);
  return { 'server.address': url.hostname, ...(port === undefined ? {} : { 'server.port': port }) };
}
