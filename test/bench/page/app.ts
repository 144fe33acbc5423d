/** An application with many circuits and a dashboard, in a separate process that reports its event loop delay. */

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { rate } from '@cutout/core';
import { createDashboard } from '@cutout/dashboard';
import { createHttpPolicy } from '@cutout/http';

/** A message from its parent. */
export type Order =
  | { readonly reset: true }
  | { /** Isolates the circuit of that key, or releases it. */ readonly toggle: string }
  | { readonly read: true };

/** The answer. */
export interface Report {
  readonly port?: number;
  /** Milliseconds since 1970. */
  readonly toggledAt?: number;
  /** Since the last reset. */
  readonly load?: Load;
}

export interface Load {
  readonly callsPerS: number;
  readonly delayP99Ms: number;
  /** The share of one core used by the process. */
  readonly cpu: number;
}

const [circuits = 0, callsPerS = 0] = process.argv.slice(2).map(Number);
const BEATS_PER_S = 50;
/** One circuit in this many has a host that fails at times. */
const BAD = 50;

const trip = rate({ minimumCalls: 5, window: { type: 'time', durationMs: 10_000 } });
const policy = createHttpPolicy({ name: 'many', retry: false, breaker: { trip, openDurationMs: 5_000 } });
const urls = Array.from({ length: circuits }, (_, n) => `https://host-${n}.example`);
const headers = { get: () => null };
const delay = monitorEventLoopDelay({ resolution: 5 });
let calls = 0;
let since = performance.now();
let cpuSince = process.cpuUsage();

function call(n: number): void {
  const isDown = n % BAD === 0 && Math.floor(Date.now() / 10_000) % 2 === 0;
  const outcome = { kind: 'status', status: isDown ? 503 : 200 } as const;
  const request = { method: 'GET', url: urls[n] as string, headers, replayable: true };
  policy.run(request, async () => ({ value: undefined, outcome })).catch(() => undefined);
}

/** Makes up for late beats, so the number of calls does not fall under load. */
function beat(): void {
  const due = ((performance.now() - since) / 1_000) * callsPerS;
  while (calls < due) call(calls++ % circuits);
}

function toggle(key: string): Report {
  const breaker = policy.breaker({ key });
  const toggledAt = Date.now();
  if (breaker.state === 'isolated') breaker.release();
  else breaker.isolate();
  return { toggledAt };
}

function reset(): Report {
  delay.reset();
  [calls, since, cpuSince] = [0, performance.now(), process.cpuUsage()];
  return {};
}

function read(): Report {
  const seconds = (performance.now() - since) / 1_000;
  const { user, system } = process.cpuUsage(cpuSince);
  const cpu = (user + system) / 1e6 / seconds;
  return { load: { callsPerS: calls / seconds, delayP99Ms: delay.percentile(99) / 1e6, cpu } };
}

for (let n = 0; n < circuits; n++) call(n);
delay.enable();
setInterval(beat, 1_000 / BEATS_PER_S);
process.on('message', (order: Order) => {
  if ('toggle' in order) process.send?.(toggle(order.toggle));
  else process.send?.('reset' in order ? reset() : read());
});
process.on('disconnect', () => process.exit(0));
const server = createServer(createDashboard(policy)).listen(0, '127.0.0.1', () => {
  process.send?.({ port: (server.address() as AddressInfo).port } satisfies Report);
});
