/** The stale answers of one call: keeps what got's promise API has read, and serves both of its APIs. */

import type { ClientRequest, IncomingMessage } from 'node:http';
import type { AnswerHead, HttpRequest } from '@cutout/http';
import { type AnswerSource, type Ask, type CallAnswers, isDelimited, type Send } from '@cutout/http/adapter';
import type { Options } from 'got';
import { type FallbackResponse, responseOf } from './got-answer.ts';
import { GotRequest } from './request.ts';

/** What got makes of a response once it has read the body. */
type ReadResponse = IncomingMessage & { readonly rawBody?: Uint8Array; readonly isFromCache?: boolean };

/** The parts of a request on the wire that are compared with what was described. */
type Sent = Partial<Pick<ClientRequest, 'path' | 'method' | 'getHeader' | 'getHeaderNames'>>;

/** An answer that is good perhaps: with its body, where it may be kept. */
interface Seen {
  readonly status: number | undefined;
  readonly head?: Omit<AnswerHead, 'status'>;
  readonly body?: Uint8Array;
}

export class GotStale implements AnswerSource {
  readonly #request: FirstRequest;
  readonly #answers: CallAnswers;
  #seen: Seen | undefined;

  constructor(request: FirstRequest, answers: CallAnswers) {
    this.#request = request;
    this.#answers = answers;
  }

  /** Before the first hop of each attempt: the hooks have run by then. */
  sending(options: Options): void {
    this.#seen = undefined;
    this.#request.follow(options);
  }

  /** A hook that comes after ours may have made another request of it, another caller's perhaps. */
  sent(wire: Sent, ours: Send['headers'] = {}): void {
    const names = new Set(Object.keys(ours).map(name => name.toLowerCase()));
    this.#request.compare(wire, name => !names.has(name) && this.#answers.mayIdentify(name));
  }

  answer({ failure }: Pick<Ask, 'failure'>): FallbackResponse | undefined {
    if (this.#request.isAltered) return undefined;
    const { statusCode, response } = failure as { statusCode?: number; response?: { statusCode?: number } };
    const found = this.#answers.answer(failure, statusCode ?? response?.statusCode, ['plain']);
    return found && responseOf(found.body ?? new Uint8Array(), found.status, Object.fromEntries(found.headers));
  }

  /** got has read this answer. The hooks of the application, which may change it, come next. */
  read(response: ReadResponse): void {
    const { statusCode: status, statusMessage = '', headers, rawBody, isFromCache } = response;
    this.#seen = { status };
    if (!rawBody || isFromCache || isEncoded(response)) return;
    const kept = pairsOf(headers, this.#request.method === 'HEAD' ? undefined : rawBody.byteLength);
    const hasEnd = hasKnownEnd(response);
    const head = { statusText: statusMessage, headers: kept, form: 'plain', hasKnownEnd: hasEnd } as const;
    this.#seen = { status, head, body: rawBody };
  }

  /** The answer that was read is a good one. */
  keep(): void {
    const { status, head, body } = this.#seen ?? {};
    if (!head || !body || this.#request.isAltered) return this.pass(status);
    const sink = this.#answers.keep({ status, ...head });
    sink?.add(body);
    sink?.end();
  }

  /** Instead: it is none, or its body is handed out. */
  pass(status: number | undefined = this.#seen?.status): void {
    this.#seen = undefined;
    this.#answers.pass(status);
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
    const copy = { method, url, body, https, signal, headers: { ...headers }, ...dialling } as Options;
    const described = new GotRequest(copy);
    const { hasBody, identity, via } = described;
    Object.assign(this, described, { hasBody, identity, via });
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
