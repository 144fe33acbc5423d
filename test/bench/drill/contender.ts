/** A contender of the drill: sends calls, and reports what the caller got. */

export interface Call {
  /** Sent as a header, which identifies the call of each request. */
  readonly number: number;
  readonly method: 'GET' | 'POST' | 'PUT';
  readonly path: string;
  /** PUT sends it as a stream, which can be read only once. */
  readonly body: string | undefined;
}

/** What the caller has after reading the body. */
export interface Reply {
  readonly status: number;
  readonly body: string;
  /** The source, if not the server. */
  readonly cacheStatus: string | undefined;
}

/** Rejects as the client does. */
export type Send = (call: Call) => Promise<Reply>;

export interface Contender {
  readonly name: string;
  readonly ours: boolean;
  /** Has a circuit that opens. */
  readonly breaks: boolean;
  /** Answers a GET with a kept answer. */
  readonly stale: boolean;
  make(origin: string): { readonly send: Send; close?(): unknown };
}
