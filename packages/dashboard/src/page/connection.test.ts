import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Connection } from './connection.ts';

/** The part of the browser's `EventSource` in use; tests emit its messages. */
class FakeSource extends EventTarget {
  static opened: FakeSource[] = [];
  readonly url: string;
  isClosed = false;

  constructor(url: string) {
    super();
    this.url = url;
    FakeSource.opened.push(this);
  }

  close(): void {
    this.isClosed = true;
  }

  emit(event: 'snapshot' | 'diff', data: unknown): void {
    this.dispatchEvent(new MessageEvent(event, { data: JSON.stringify(data) }));
  }
}

beforeEach(() => {
  FakeSource.opened = [];
  vi.useFakeTimers();
  vi.stubGlobal('EventSource', FakeSource);
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const latest = (): FakeSource => FakeSource.opened.at(-1) as FakeSource;

function connected(): { connection: Connection; received: unknown[] } {
  const received: unknown[] = [];
  const connection = new Connection({
    snapshot: snapshot => received.push(snapshot),
    diff: diff => received.push(diff),
    lost: () => received.push('lost'),
  });
  connection.open('?format=stream');
  return { connection, received };
}

const EMPTY = { v: 1, hosts: [], events: [], totals: {} };

describe('the connection', () => {
  it('passes messages on', () => {
    const { received } = connected();
    latest().emit('snapshot', EMPTY);
    latest().emit('diff', { at: 2 });
    expect(received).toEqual([expect.objectContaining({ v: 1 }), { at: 2 }]);
  });

  it('stays open while a message arrives every second', () => {
    const { received } = connected();
    for (let second = 0; second < 60; second += 1) {
      latest().emit('diff', { at: second });
      vi.advanceTimersByTime(1_000);
    }
    expect(received).not.toContain('lost');
    expect(FakeSource.opened).toHaveLength(1);
  });

  it('treats a message that cannot be shown as silence', () => {
    const received: unknown[] = [];
    const connection = new Connection({
      snapshot: ({ hosts }) => void hosts.length,
      diff: () => undefined,
      lost: () => received.push('lost'),
    });
    connection.open('?format=stream');
    for (const data of [null, {}, { hosts: null }]) latest().emit('snapshot', data);
    expect(received).toEqual(['lost', 'lost', 'lost']);
  });

  it('is closed and reopened after four seconds of silence', () => {
    const { received } = connected();
    latest().emit('snapshot', EMPTY);
    vi.advanceTimersByTime(3_999);
    expect(received).toEqual([expect.objectContaining({ v: 1 })]);
    vi.advanceTimersByTime(1);
    expect(received).toEqual([expect.objectContaining({ v: 1 }), 'lost']);
    expect(latest().isClosed).toBe(true);
    vi.advanceTimersByTime(500);
    expect(FakeSource.opened.map(({ url }) => url)).toEqual(['?format=stream', '?format=stream']);
  });

  it('waits longer after each failure, at most five seconds, and resets the wait after a message', () => {
    connected();
    const waits = Array.from({ length: 6 }, () => waitAfterError());
    expect(waits).toEqual([500, 1_000, 2_000, 4_000, 5_000, 5_000]);
    latest().emit('snapshot', EMPTY);
    expect(waitAfterError()).toBe(500);
  });

  it('reconnects at once on hurry, which does not disturb a live connection', () => {
    const { connection } = connected();
    connection.hurry();
    expect(FakeSource.opened).toHaveLength(1);
    latest().dispatchEvent(new Event('error'));
    connection.hurry();
    expect(FakeSource.opened).toHaveLength(2);
    vi.advanceTimersByTime(3_000);
    expect(FakeSource.opened).toHaveLength(2);
  });

  it('replaces the stream of one view with that of another', () => {
    const { connection } = connected();
    const first = latest();
    connection.open('?format=stream&sort=calls');
    expect(first.isClosed).toBe(true);
    expect(latest().url).toBe('?format=stream&sort=calls');
  });
});

function waitAfterError(): number {
  const before = FakeSource.opened.length;
  latest().dispatchEvent(new Event('error'));
  let waited = 0;
  for (; FakeSource.opened.length === before; waited += 100) vi.advanceTimersByTime(100);
  return waited;
}
