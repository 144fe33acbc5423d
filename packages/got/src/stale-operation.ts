/** One operation's dealings with kept answers: keeps what got's promise API has read, and serves both of its APIs. */

import type { ClientRequest, IncomingMessage } from 'node:http';
import { type CallAnswers, type HttpRequest, isDelimited } from '@cutout/http';
import type { Options } from 'got';
import { type FallbackResponse, responseOf } from './got-answer.ts';
import { describe } from './request.ts';

/** What got makes of a response once it has read the body. */
type ReadResponse = IncomingMessage & { readonly rawBody?: Uint8Array; readonly isFromCache?: boolean };

/** The parts of a request on the wire that are compared with what was described. */
type Sent = Partial<Pick<ClientRequest, 'path' | 'method' | 'getHeader' | 'getHeaderNames'>>;

export class StaleOperation {
  readonly #request: FirstRequest;
  readonly #answers: CallAnswers;

  constructor(request: FirstRequest, answers: CallAnswers) {
    this.#request = request;
    this.#answers = answers;
  }

  /** Before the first hop of each attempt: the hooks have run by then. */
  sending(options: Options): void {
    this.#request.follow(options);
  }

  /**
   * A hook that comes after ours may have made another request of it, another caller's perhaps.
   *
   * @param ours Names of the headers that are sent beyond the caller's own.
   */
  sent(wire: Sent, ours: readonly string[]): void {
    this.#request.compare(wire, name => !ours.includes(name) && this.#answers.mayIdentify(name));
  }

  /** What answers in place of a failure: of an error, or of a response. */
  answer(failure: unknown): FallbackResponse | undefined {
    if (this.#request.isAltered) return undefined;
    const { statusCode, response } = failure as { statusCode?: number; response?: { statusCode?: number } };
    const found = this.#answers.answer(failure, statusCode ?? response?.statusCode, ['plain']);
    return found && responseOf(found.body ?? new Uint8Array(), found.status, Object.fromEntries(found.headers));
  }

  /** A good answer, with a body that has been read, or one that is handed out, which is not kept. */
  keep(response: ReadResponse, isHandedOut: boolean): void {
    const { statusCode: status, statusMessage = '', headers, rawBody, isFromCache } = response;
    if (isHandedOut || !rawBody || isFromCache || isEncoded(response) || this.#request.isAltered) {
      this.#answers.pass(status);
      return;
    }
    const kept = pairsOf(headers, this.#request.method === 'HEAD' ? undefined : rawBody.byteLength);
    const sink = this.#answers.keep({
      status,
      statusText: statusMessage,
      headers: kept,
      form: 'plain',
      hasKnownEnd: hasKnownEnd(response),
    });
    sink?.add(rawBody);
    sink?.end();
  }
}

/** The request as the caller made it, whatever hops it is led to: what an answer is kept for. */
export class FirstRequest implements HttpRequest {
  method = '';
  url = '';
  replayable = false;
  headers: HttpRequest['headers'] = { get: () => null };
  signal?: AbortSignal;
  hasBody?: boolean;
  identity?: string | undefined;
  via?: HttpRequest['via'];
  socketPath?: string | undefined;
  isAltered = false;

  constructor(options: Options) {
    this.follow(options);
  }

  /** Takes a copy: got changes the headers for the next hop. */
  follow(options: Options): void {
    const { method, url, body, https, signal, headers, agent, createConnection, dnsLookup, request } = options;
    const dialling = { agent, createConnection, dnsLookup, request };
    Object.assign(
      this,
      describe({ method, url, body, https, signal, headers: { ...headers }, ...dialling } as Options),
    );
  }

  /** `counts`: whether a header of this name must be as it was described. */
  compare(wire: Sent, counts: (name: string) => boolean): void {
    const { pathname, search } = new URL(this.url);
    const sent = [...(wire.getHeaderNames?.() ?? []), ...(this.headers.names?.() ?? [])];
    const same = sent
      .filter(counts)
      .every(name => (wire.getHeader?.(name)?.toString() ?? null) === this.headers.get(name));
    this.isAltered ||= !same || wire.path !== pathname + search || wire.method !== this.method;
  }
}

/** As it came over the wire: got takes headers off that do not suit what it has made of the body. */
function hasKnownEnd({ rawHeaders, headers, httpVersionMajor }: ReadResponse): boolean {
  return isDelimited(rawHeaders?.filter((_, i) => i % 2 === 0) ?? Object.keys(headers), httpVersionMajor);
}

/** got takes the coding off the headers of what it has decoded. */
function isEncoded({ headers }: IncomingMessage): boolean {
  return !/^identity$/i.test((headers['content-encoding'] ?? 'identity').trim());
}

/** `length`: what `Content-Length` must be to agree with the decoded body. */
function pairsOf(headers: IncomingMessage['headers'], length: number | undefined): [string, string][] {
  return Object.entries(headers)
    .filter(([name, value]) => name !== 'content-length' || length === undefined || Number(value) === length)
    .flatMap(([name, value = []]) => [value].flat().map((each): [string, string] => [name, each]));
}
