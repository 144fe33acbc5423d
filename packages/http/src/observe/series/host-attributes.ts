/** The host of a key, as attributes. */

import { escaped, show } from '@cutout/core/internal';
import { parseUrl } from '../../policy/parse-url.ts';
import { socketPathOf } from '../../policy/unix-key.ts';
import type { Attributes } from './instruments.ts';

/** Attributes that identify the series of one host; the last is the policy's `name`. */
export const HOST_ATTRIBUTES = ['server.address', 'server.port', 'cutout.breaker.name'] as const;

/** Of all hosts that have no series of their own. */
export const OTHER: Attributes = { 'server.address': '_other' };

const DEFAULT_PORTS: Readonly<Record<string, number>> = { 'http:': 80, 'https:': 443 };

/** Of an origin its host and port, of a unix socket its path, as OpenTelemetry has it; of any other key the key itself. */
export function hostAttributesOf(key: string): Attributes {
  const socketPath = socketPathOf(key);
  if (socketPath !== undefined) return { 'server.address': escaped(socketPath) };
  const url = key.includes('://') ? parseUrl(key) : null;
  if (!url?.hostname) return { 'server.address': escaped(key) };
  const port = url.port === '' ? DEFAULT_PORTS[url.protocol] : Number(url.port);
  return { 'server.address': url.hostname, ...(port === undefined ? {} : { 'server.port': port }) };
}

/** @throws TypeError where it is no label. */
export function labelled(label: unknown): Attributes {
  if (typeof label === 'string' && label !== '') return { 'server.address': escaped(label) };
  throw new TypeError(`hostLabel must return a non-empty string, got ${show(label)}`);
}
