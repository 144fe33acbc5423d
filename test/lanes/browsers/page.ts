/** Runs in the browser: plays the rows of the fetch adapter, and reports each to the lane. */

import { deepStrictEqual } from 'node:assert/strict';
import {
  type AdapterFactory,
  type Capabilities,
  play,
  reasonAgainst,
  SCENARIOS,
  type Scenario,
  type Seen,
  type StartWire,
} from '@cutout/testing';
import { fetchClient } from '../../conformance/fetch.ts';
import type { Result } from './site.ts';

async function ask<T>(path: string, body: unknown): Promise<T> {
  const response = await fetch(path, { method: 'POST', body: JSON.stringify(body) });
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
  return response.json();
}

/** Without `no-store` a browser's cache delays a hedge until the first request to its URL is answered. */
const browserClient: AdapterFactory = (options, fallback) =>
  fetchClient(options, fallback, options.stale ? 'default' : 'no-store');

/** Uses the server of a row in the lane's process. */
const remote: StartWire = async listens => {
  const { id, target } = await ask<{ id: number; target: string }>('/wire/start', { listens });
  const act = <T>(action: string, steps: unknown[] = []): Promise<T> => ask(`/wire/${action}`, { id, steps });
  return {
    target,
    always: step => act('always', [step]),
    next: (...steps) => act('next', steps),
    refuse: () => act('refuse'),
    seen: () => act<Seen>('seen'),
    close: () => act('close'),
  };
};

async function resultOf(scenario: Scenario): Promise<Result> {
  const { name, expected } = scenario;
  const reason = reasonAgainst(scenario, capabilities);
  if (reason) return { name, excluded: reason };
  try {
    const observed = await play(scenario, browserClient, remote);
    deepStrictEqual(observed, { ...expected, outstanding: 0, busySockets: 0 });
    return { name };
  } catch (error) {
    return { name, failure: String(error) };
  }
}

const capabilities = await ask<Capabilities>('/capabilities', {});
const only = new URL(location.href).searchParams.get('only') ?? '';
let loud = '';
addEventListener('unhandledrejection', ({ reason }) => {
  loud += ` unhandled rejection: ${reason}`;
});
for (const scenario of SCENARIOS.filter(({ name }) => name.includes(only))) {
  const result = await resultOf(scenario);
  await ask('/result', loud ? { ...result, failure: `${result.failure ?? ''}${loud}` } : result);
  loud = '';
}
await ask('/done', {});
