/**
 * Reads server-sent events from a body, as https://html.spec.whatwg.org/multipage/server-sent-events.html has them.
 * `id` and `retry` are passed over: a snapshot comes first on every connection, and its reader has a pace of its own.
 */

export interface ServerSentEvent {
  readonly event: string;
  readonly data: string;
}

/** Characters of a line, and of the data of one event. A thousand circuits take less than one million. */
const MAX_LENGTH = 4_000_000;

/** The events of a body, however it was cut on its way. @throws RangeError at a line or an event without end. */
export async function* eventsOf(body: AsyncIterable<Uint8Array>, maxLength?: number): AsyncGenerator<ServerSentEvent> {
  const decoder = new TextDecoder();
  const parser = new EventParser(maxLength);
  for await (const chunk of body) yield* parser.push(decoder.decode(chunk, { stream: true }));
}

class EventParser {
  readonly #maxLength: number;
  /** The line that has yet to end. */
  #line = '';
  /** A line feed now belongs to the carriage return that ended the chunk before. */
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
    // The line feed counts, or empty lines would cost nothing.
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
