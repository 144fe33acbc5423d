import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { makeRow, makeSnapshot } from '../../../../test/dashboard/fake-dashboard.ts';
import { VIEW_DEFAULTS } from '../view.ts';
import { follow } from './follow.ts';
import { UnreachableError } from './reach.ts';

const PLACE = { url: new URL('http://dashboard.example/?auth=x'), headers: {}, silenceMs: 5_000 };
const SNAPSHOT = `event: snapshot\ndata: ${JSON.stringify(makeSnapshot([makeRow('https://a.example')]))}\n\n`;
const HEARTBEAT = 'event: diff\ndata: {"at":1}\n\n';

/** The requests: milliseconds from the beginning, and the query. */
const requests: [at: number, query: string][] = [];
let answer: (signal: AbortSignal) => Promise<Response>;

beforeEach(() => {
  vi.useFakeTimers({ now: 0 });
  requests.length = 0;
  vi.stubGlobal('fetch', (url: URL, { signal }: { signal: AbortSignal }) => {
    requests.push([Date.now(), url.search]);
    return Promise.race([answer(signal), aborted(signal)]);
  });
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
}

const refuses = async (): Promise<Response> => {
  throw new TypeError('fetch failed', { cause: Object.assign(new Error('connect'), { code: 'ECONNREFUSED' }) });
};

/** A stream that begins with a snapshot; the test controls the rest. */
function openStream() {
  const { readable, writable } = new TransformStream<string, string>();
  const writer = writable.getWriter();
  const say = (text: string): void => void writer.write(text).catch(() => undefined);
  say(SNAPSHOT);
  const answer = async (signal: AbortSignal): Promise<Response> => {
    // As with `fetch`, aborting the request breaks the body.
    signal.addEventListener('abort', () => void writer.abort(signal.reason));
    const body = readable.pipeThrough(new TextEncoderStream());
    return new Response(body, { headers: { 'content-type': 'text/event-stream' } });
  };
  return { answer, say, end: () => void writer.close() };
}

function start() {
  const onSnapshot = vi.fn();
  const onLost = vi.fn();
  return { onSnapshot, onLost, following: follow(PLACE, VIEW_DEFAULTS, { onSnapshot, onLost }) };
}

const later = (ms: number) => vi.advanceTimersByTimeAsync(ms);

describe('following a dashboard', () => {
  it('rejects if the first stream never begins', async () => {
    answer = refuses;
    const { following, onLost } = start();
    await expect(following.ended).rejects.toThrow(new UnreachableError('cannot be reached: ECONNREFUSED'));
    expect(onLost).not.toHaveBeenCalled();
  });

  it('reconnects after growing pauses, up to five seconds, and resets the pause after a snapshot', async () => {
    const first = openStream();
    answer = first.answer;
    const { following, onSnapshot, onLost } = start();
    await later(0);
    answer = refuses;
    first.end();
    await later(17_750);
    expect(requests.map(([at]) => at)).toEqual([0, 250, 750, 1_750, 3_750, 7_750, 12_750, 17_750]);
    expect(onLost.mock.calls[0]?.[0].message).toBe('ended the stream');
    const second = openStream();
    answer = second.answer;
    await later(5_000);
    expect(onSnapshot).toHaveBeenCalledTimes(2);
    answer = refuses;
    second.end();
    await later(250);
    expect(requests.at(-1)?.[0]).toBe(23_000);
    following.close();
    await following.ended;
  });

  it('treats five seconds without a message as a dead server, and no less', async () => {
    const first = openStream();
    answer = first.answer;
    const { following, onLost, onSnapshot } = start();
    await later(4_999);
    first.say(HEARTBEAT);
    await later(4_999);
    first.say(': a comment is no message\n\n');
    expect(onLost).not.toHaveBeenCalled();
    expect(onSnapshot).toHaveBeenCalledTimes(2);
    answer = refuses;
    await later(1);
    expect(onLost.mock.calls[0]?.[0].message).toBe('said nothing for 5 s');
    following.close();
    await following.ended;
  });

  it('opens another stream at once for another view, also during a pause', async () => {
    const first = openStream();
    answer = first.answer;
    const { following, onSnapshot, onLost } = start();
    await later(0);
    answer = openStream().answer;
    const calls = { ...VIEW_DEFAULTS, sort: 'calls' } as const;
    following.show(calls);
    await later(0);
    expect(onLost).not.toHaveBeenCalled();
    expect(onSnapshot.mock.lastCall?.[1]).toBe(calls);
    answer = refuses;
    await later(5_000);
    following.show({ ...calls, filter: 'a', limit: 7 });
    await later(0);
    expect(requests).toEqual([
      [0, '?auth=x&format=stream'],
      [0, '?auth=x&format=stream&sort=calls'],
      [5_000, '?auth=x&format=stream&filter=a&sort=calls&limit=7'],
    ]);
    following.close();
    await following.ended;
  });

  it('leaves nothing that keeps the process alive', async () => {
    answer = openStream().answer;
    const { following } = start();
    await later(0);
    following.close();
    await following.ended;
    expect(vi.getTimerCount()).toBe(0);
  });
});
