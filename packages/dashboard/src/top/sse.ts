/**
 * Reads server-sent events from a body (https://html.spec.whatwg.org/multipage/server-sent-events.html).
 * Ignores `id` and `retry`: each connection begins with a snapshot, and the reader has its own reconnection pauses.
 */

export interface ServerSentEvent {
  readonly event: string;
  readonly data: string;
}

/** The maximum characters of a line, and of one event's data. A thousand circuits take less than one million. */
const MAX_LENGTH = 4_000_000;

/** The events of a body, split into chunks in any way. @throws RangeError for an endless line or event. */
export async function* eventsOf(body: AsyncIterable<Uint8Array>, maxLength?: number): AsyncGenerator<ServerSentEvent> {
  const decoder = new TextDecoder();
  const parser = new EventParser(maxLength);
  for await (const chunk of body) yield* parser.push(decoder.decode(chunk, { stream: true }));
}

class EventParser {
  readonly #maxLength: number;
  /** The unfinished line. */
  #line = '';
  /** The last chunk ended with a carriage return, so a line feed now belongs to it. */
  #afterReturn = false;
  #event = '';
  #data: string[] = [];
  #length = 0;

  constructor(maxLength = MAX_LENGTH) {
    this.#maxLength = maxLength;
  }

  *push(chunk: string): Generator<ServerSentEvent> {
    const text = this.#afterReturn && chunk.startsWith('\n') ? chunk.slice(1) : chunk;
    if (chunk !== '') this.#afterReturn = chunk.endsWith('\r');
    const [first = '', ...others] = text.split(/\r\n|\r|\n/);
    this.#extend(first);
    for (const next of others) {
      const event = this.#endLine();
      if (event) yield event;
      this.#extend(next);
    }
  }

  #extend(part: string): void {
    this.#line += part;
    if (this.#line.length + this.#length > this.#maxLength)
      throw new RangeError(`a line or an event of more than ${this.#maxLength} characters`);
  }

  #endLine(): ServerSentEvent | undefined {
    const line = this.#line;
    this.#line = '';
    if (line === '') return this.#dispatch();
    const [, field, value = ''] = /^([^:]*)(?:: ?(.*))?$/s.exec(line) ?? [];
    if (field === 'event') this.#event = value;
    if (field === 'data') this.#addData(value);
    return undefined;
  }

  #addData(value: string): void {
    this.#data.push(value);
    // Count the line feed, or empty lines would be free.
    this.#length += value.length + 1;
  }

  #dispatch(): ServerSentEvent | undefined {
    const event = { event: this.#event || 'message', data: this.#data.join('\n') };
    const empty = this.#data.length === 0;
    this.#event = '';
    this.#data = [];
    this.#length = 0;
    return empty ? undefined : event;
  }
}
