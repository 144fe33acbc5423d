/** What is compared: something that sends calls, and tells what its caller got. */

export interface Call {
  /** Sent as a header, by which the drill knows whose request has arrived. */
  readonly number: number;
  readonly method: 'GET' | 'POST' | 'PUT';
  readonly path: string;
  /** PUT sends it as a stream, which can be read once. */
  readonly body: string | undefined;
}

/** What the caller has once the body has been read. */
export interface Reply {
  readonly status: number;
  readonly body: string;
  /** Where it came from, if not from the server. */
  readonly cacheStatus: string | undefined;
}

/** Rejects as the client does. */
export type Send = (call: Call) => Promise<Reply>;

export interface Contender {
  readonly name: string;
  readonly ours: boolean;
  /** Has a circuit that opens. */
  readonly breaks: boolean;
  /** Answers a GET by what it has kept of an earlier one. */
  readonly stale: boolean;
  make(origin: string): { readonly send: Send; close?(): unknown };
}
