/** Which host a key stands for, as labels. */

import { show } from '@cutout/core/internal';

export interface HostLabels {
  readonly server_address: string;
  readonly server_port: string;
}

/** Of all hosts that have no series of their own. */
export const OTHER: HostLabels = { server_address: '_other', server_port: '' };

/** The port of an origin is written out; a key that is no origin is its own address, and has no port. */
export function hostLabelsOf(key: string, hostLabel: ((key: string) => string) | undefined): HostLabels {
  const url = key.includes('://') && URL.canParse(key) ? new URL(key) : undefined;
  return {
    server_address: hostLabel ? ownLabel(key, hostLabel) : url?.hostname || key,
    server_port: url ? url.port || (DEFAULT_PORTS[url.protocol] ?? '') : '',
  };
}

const DEFAULT_PORTS: Readonly<Record<string, string>> = { 'http:': '80', 'https:': '443' };

function ownLabel(key: string, hostLabel: (key: string) => string): string {
  const label = hostLabel(key);
  if (typeof label === 'string' && label !== '') return label;
  throw new TypeError(`hostLabel must return a non-empty string, got ${show(label)}`);
}
