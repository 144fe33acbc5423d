/** A loopback server with a dashboard's interface, scripted by tests, that can die and come back. */

import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { DashboardSnapshot, HostRow, SnapshotDiff } from '../../packages/dashboard/src/snapshot.ts';
import { select, viewOf } from '../../packages/dashboard/src/view.ts';

export type Answer = (request: IncomingMessage, response: ServerResponse) => void;

export interface FakeDashboard {
  readonly url: string;
  /** The requests, in order. */
  readonly requests: readonly IncomingMessage[];
  /** Sends to all readers of the stream. */
  send(diff: SnapshotDiff): void;
  /** Breaks every connection and accepts no others until `revive`. */
  die(): Promise<void>;
  revive(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

export async function startFake(snapshot: () => DashboardSnapshot, other?: Answer): Promise<FakeDashboard> {
  const requests: IncomingMessage[] = [];
  const streams = new Set<ServerResponse>();
  const answer: Answer = (request, response) => {
    requests.push(request);
    if (other) other(request, response);
    else answerAsDashboard(request, response, snapshot(), streams);
  };
  let server = await listen(answer, 0);
  const { port } = server.address() as AddressInfo;
  const die = async (): Promise<void> => {
    server.closeAllConnections();
    if (server.listening) await new Promise(resolve => server.close(resolve));
  };
  return {
    url: `http://127.0.0.1:${port}/ops/circuits`,
    requests,
    send: diff => {
      for (const stream of streams) stream.write(message('diff', diff));
    },
    die,
    revive: async () => {
      server = await listen(answer, port);
    },
    [Symbol.asyncDispose]: die,
  };
}

async function listen(answer: Answer, port: number): Promise<Server> {
  const server = createServer(answer).listen(port, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

function answerAsDashboard(
  { url = '' }: IncomingMessage,
  response: ServerResponse,
  all: DashboardSnapshot,
  streams: Set<ServerResponse>,
): void {
  const query = new URL(url, 'http://fake').searchParams;
  const { rows: hosts, matching } = select(all.hosts, viewOf(query));
  const snapshot = { ...all, hosts, matching };
  if (query.get('format') !== 'stream') {
    response.setHeader('content-type', 'application/json').end(JSON.stringify(snapshot));
    return;
  }
  response.setHeader('content-type', 'text/event-stream').write(`retry: 1000\n\n${message('snapshot', snapshot)}`);
  streams.add(response);
  response.on('close', () => streams.delete(response));
}

function message(event: string, data: unknown): string {
  return `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
}

export const AT = Date.UTC(2026, 10, 25, 12, 0, 0);

export function makeRow(key: string, values: Partial<HostRow> = {}): HostRow {
  return {
    id: key,
    key,
    state: 'closed',
    shadow: false,
    since: null,
    downSince: null,
    probeAt: null,
    nearness: 0,
    calls: 12.5,
    refused: 0,
    success: 100,
    spark: Array<number>(24).fill(100),
    p50: 23,
    p95: 180,
    retries: 0,
    budget: 10,
    inFlight: 3,
    limit: null,
    queued: 0,
    ...values,
  };
}

export function makeSnapshot(hosts: readonly HostRow[], values: Partial<DashboardSnapshot> = {}): DashboardSnapshot {
  const count = (state: HostRow['state']): number => hosts.filter(row => row.state === state).length;
  return {
    v: 1,
    at: AT,
    title: 'shop',
    control: false,
    totals: {
      circuits: hosts.length,
      open: count('open'),
      halfOpen: count('half-open'),
      isolated: count('isolated'),
      calls: hosts.reduce((sum, { calls }) => sum + calls, 0),
      refused: hosts.reduce((sum, { refused }) => sum + refused, 0),
    },
    matching: hosts.length,
    hosts,
    events: [],
    ...values,
  };
}
