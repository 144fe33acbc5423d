import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { eventsOf, type ServerSentEvent } from './sse.ts';

async function read(chunks: readonly Uint8Array[], maxLength?: number): Promise<ServerSentEvent[]> {
  const body = async function* () {
    yield* chunks;
  };
  const events: ServerSentEvent[] = [];
  for await (const event of eventsOf(body(), maxLength)) events.push(event);
  return events;
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const readText = (text: string, maxLength?: number) => read([bytes(text)], maxLength);
const message = (data: string): ServerSentEvent => ({ event: 'message', data });

describe('server-sent events', () => {
  it.each<[string, string, ServerSentEvent[]]>([
    ['a name and data', 'event: diff\ndata: {}\n\n', [{ event: 'diff', data: '{}' }]],
    ['no name', 'data: a\n\n', [message('a')]],
    ['a name that does not last', 'event: x\ndata: a\n\ndata: b\n\n', [{ event: 'x', data: 'a' }, message('b')]],
    ['several lines', 'data: a\ndata:\ndata: b\n\n', [message('a\n\nb')]],
    ['CR', 'data: a\rdata: b\r\rdata: c\r\r', [message('a\nb'), message('c')]],
    ['CRLF', 'data: a\r\ndata: b\r\n\r\n', [message('a\nb')]],
    ['one space is taken off', 'data:  a\ndata:b\n\n', [message(' a\nb')]],
    ['a colon in the value', 'data: a: b\n\n', [message('a: b')]],
    ['comments, ids, and unknown fields', ': hello\nid: 1\nretry: 5\nfoo: bar\ndata: a\n:\n\n', [message('a')]],
    ['a field without a colon', 'data\n\n', [message('')]],
    ['nothing without data', 'event: x\n\n: hello\n\n\ndata: a\n\n', [message('a')]],
    ['a mark of the byte order', '\ufeffdata: a\n\n', [message('a')]],
    ['not what has not ended', 'data: a\n\ndata: b\n', [message('a')]],
    ['letters of all sizes', 'data: é注😀\n\n', [message('é注😀')]],
  ])('are read: %s', async (_name, text, events) => {
    expect(await readText(text)).toEqual(events);
  });

  it('does not wait for a line feed after the carriage return', async () => {
    const seen: ServerSentEvent[] = [];
    let seenBeforeTheRest = -1;
    const body = async function* () {
      yield bytes('data: a\r\n\r');
      seenBeforeTheRest = seen.length;
      yield bytes('\ndata: b\n\n');
    };
    for await (const event of eventsOf(body())) seen.push(event);
    expect(seenBeforeTheRest).toBe(1);
    expect(seen).toEqual([message('a'), message('b')]);
  });

  it.each([
    ['a line', 'data: abcdefgh'],
    ['a line that means nothing', ':abcdefghij'],
    ['an event of many lines', 'data:a\n'.repeat(4)],
    ['an event of many empty lines', 'data\n'.repeat(11)],
  ])('has an end to %s', async (_name, text) => {
    await expect(readText(text, 10)).rejects.toThrow(new RangeError('a line or an event of more than 10 characters'));
  });

  it('limits each event separately', async () => {
    expect(await readText('data: ab\n\n'.repeat(20), 10)).toHaveLength(20);
  });

  it('do not depend on how the text is split', async () => {
    const line = fc.oneof(
      fc.constantFrom('data: {"a":1}', 'data:注😀é', 'data', 'event: diff', ': hello', 'id: 7', '', ''),
      fc.string({ maxLength: 8 }).map(text => `data: ${text}`),
    );
    const text = fc
      .array(fc.tuple(line, fc.constantFrom('\n', '\r\n', '\r')))
      .map(lines => lines.map(parts => parts.join('')).join(''));
    await fc.assert(
      fc.asyncProperty(text, fc.array(fc.nat(200)), async (whole, places) => {
        const all = bytes(whole);
        const cuts = [0, ...places.map(place => place % (all.length + 1)).sort((a, b) => a - b), all.length];
        const chunks = cuts.slice(1).map((end, index) => all.subarray(cuts[index], end));
        expect(await read(chunks)).toEqual(await read([all]));
      }),
    );
  });
});
