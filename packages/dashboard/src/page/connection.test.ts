import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Connection } from './connection.ts';

/** What the browser has, as far as it is used; tests say what comes. */
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

  tell(event: 'snapshot' | 'diff', data: unknown): void {
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

function connected(): { connection: Connection; told: unknown[] } {
  const told: unknown[] = [];
  const connection = new Connection({
    snapshot: snapshot => told.push(snapshot),
    diff: diff => told.push(diff),
    lost: () => told.push('lost'),
  });
  connection.open('?format=stream');
  return { connection, told };
}

const EMPTY = { v: 1, hosts: [], events: [], totals: {} };

describe('the connection', () => {
  it('hands on what comes', () => {
    const { told } = connected();
    latest().tell('snapshot', EMPTY);
    latest().tell('diff', { at: 2 });
    expect(told).toEqual([expect.objectContaining({ v: 1 }), { at: 2 }]);
  });

  it('stays while a message comes every second', () => {
    const { told } = connected();
    for (let second = 0; second < 60; second += 1) {
      latest().tell('diff', { at: second });
      vi.advanceTimersByTime(1_000);
    }
    expect(told).not.toContain('lost');
    expect(FakeSource.opened).toHaveLength(1);
  });

  it('takes a message that cannot be shown for silence', () => {
    const told: unknown[] = [];
    const connection = new Connection({
      snapshot: ({ hosts }) => void hosts.length,
      diff: () => undefined,
      lost: () => told.push('lost'),
    });
    connection.open('?format=stream');
    for (const data of [null, {}, { hosts: null }]) latest().tell('snapshot', data);
    expect(told).toEqual(['lost', 'lost', 'lost']);
  });

  it('is opened anew after four seconds of silence, and the silent one closed', () => {
    const { told } = connected();
    latest().tell('snapshot', EMPTY);
    vi.advanceTimersByTime(3_999);
    expect(told).toEqual([expect.objectContaining({ v: 1 })]);
    vi.advanceTimersByTime(1);
    expect(told).toEqual([expect.objectContaining({ v: 1 }), 'lost']);
    expect(latest().isClosed).toBe(true);
    vi.advanceTimersByTime(500);
    expect(FakeSource.opened.map(({ url }) => url)).toEqual(['?format=stream', '?format=stream']);
  });

  it('waits longer after each failure, at most five seconds, and no longer than at first once something came', () => {
    connected();
    const waits = Array.from({ length: 6 }, () => waitAfterError());
    expect(waits).toEqual([500, 1_000, 2_000, 4_000, 5_000, 5_000]);
    latest().tell('snapshot', EMPTY);
    expect(waitAfterError()).toBe(500);
  });

  it('does not wait when it is told to hurry, and is not disturbed where it is well', () => {
    const { connection } = connected();
    connection.hurry();
    expect(FakeSource.opened).toHaveLength(1);
    latest().dispatchEvent(new Event('error'));
    connection.hurry();
    expect(FakeSource.opened).toHaveLength(2);
    vi.advanceTimersByTime(3_000);
    expect(FakeSource.opened).toHaveLength(2);
  });

  it('leaves the stream of one view for that of another', () => {
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
