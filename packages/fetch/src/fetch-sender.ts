/** Makes the attempts of one call through the client's fetch, and reads what it answers. */

import type { HttpOutcome } from '@cutout/http';
import {
  type AttemptContext,
  type AttemptResult,
  type BodyTracker,
  failureBeforeSending,
  isAborted,
  type Keeping,
  originOf,
  type Sender,
} from '@cutout/http/adapter';
import { keepingOf } from './kept-response.ts';
import { observeBody } from './observe-body.ts';
import { discard, release } from './release.ts';
import { type Described, initOf } from './request.ts';
import type { Upload } from './upload.ts';

type Fetch = typeof globalThis.fetch;

export class FetchSender implements Sender<Response, Response> {
  readonly #client: Fetch;
  readonly #described: Described;
  /** Whether the request still is what was described when the present attempt began. */
  #isAsDescribed = true;

  constructor(client: Fetch, described: Described) {
    this.#client = client;
    this.#described = described;
  }

  send({ signal, headers }: AttemptContext): Promise<Response> {
    const client = this.#client;
    const described = this.#described;
    if (described.isIntact) this.#isAsDescribed = described.isIntact();
    // A call that is aborted already is none of ours: fetch itself cancels the caller's own body.
    const upload = !described.upload || isAborted(described.request.signal) ? undefined : described.upload();
    const init = initOf(described, { signal, headers, body: upload?.body });
    return upload ? sendOnce(client, described, init, upload) : client(described.input, init);
  }

  resultOf(response: Response): AttemptResult<Response> {
    return new FetchResult(response, this.#isAsDescribed);
  }
}

/** Sends a body that can be read once. */
async function sendOnce(
  client: Fetch,
  { input, init: own }: Described,
  init: RequestInit | undefined,
  upload: Upload,
): Promise<Response> {
  const failure = failureBeforeSending(own?.body);
  // As fetch says it of a source that fails while it is sent.
  if (failure) throw new TypeError('fetch failed', { cause: failure });
  try {
    return await client(input, init);
  } catch (error) {
    await upload.rejected();
    throw error;
  }
}

class FetchResult implements AttemptResult<Response> {
  readonly value: Response;
  readonly outcome: AttemptResult<Response>['outcome'];
  readonly #isAsDescribed: boolean;
  /** Where another response takes the place of the client's. */
  #handedOut: Response;

  constructor(response: Response, isAsDescribed: boolean) {
    this.value = response;
    this.outcome = outcomeOf(response);
    this.#isAsDescribed = isAsDescribed;
    this.#handedOut = response;
  }

  release(withinMs: number): Promise<boolean> {
    return release(this.value, withinMs);
  }

  discard(answer?: unknown): void {
    discard(this.value, answer);
  }

  keeping(): Keeping<Response> | undefined {
    if (!this.#isAsDescribed) return undefined;
    return keepingOf(this.value, kept => {
      this.#handedOut = kept;
    });
  }

  trackBody(watch: BodyTracker): void {
    observeBody(this.#handedOut, watch);
  }
}

/** What is known of who answered, and how. */
function outcomeOf(response: Response): AttemptResult<Response>['outcome'] {
  const { status, type, redirected, headers } = response;
  const outcome: { -readonly [K in keyof HttpOutcome]: HttpOutcome[K] } = {
    kind: 'status',
    status,
    bodyPending: hasBody(response),
    durationMs: 0,
  };
  if (headers) outcome.headers = headers;
  if (type === 'opaque' || type === 'opaqueredirect') outcome.opaque = true;
  // Its URL is printed anew at each read.
  const answeredBy = redirected ? originOf(response.url)?.origin : undefined;
  if (answeredBy !== undefined) outcome.answeredBy = answeredBy;
  return outcome;
}

/** An empty body cannot break, and one that was made of a text holds no connection. */
function hasBody(response: Response): boolean {
  const { body, headers } = response;
  return Boolean(body) && headers?.get('content-length') !== '0' && !isMadeOfText(response);
}

/** Made by a function of the application: it has no URL, and no header but the one that the constructor adds to a text. */
function isMadeOfText(response: Response): boolean {
  const { type, headers } = response;
  if (type !== 'default' || !headers || response.url !== '') return false;
  return [...headers].join() === 'content-type,text/plain;charset=UTF-8';
}
