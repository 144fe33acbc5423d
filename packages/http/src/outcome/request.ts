/** One request as the policy sees it, whatever the client. */

export interface HeaderReader {
  get(name: string): string | null;
  /** The names of all headers that are sent. Without it no answer is kept or served. */
  names?(): Iterable<string>;
}

export interface HttpRequest {
  readonly method: string;
  /** Absolute; redirects do not change it. */
  readonly url: string;
  /** The beginning of `url`, scheme, host and port, where the client has it at hand. */
  readonly origin?: string;
  readonly headers: HeaderReader;
  /** The unix socket that is dialled in place of the host of `url`: it names the circuit then. */
  readonly socketPath?: string | undefined;
  /**
   * What else chooses the connection, as the client's own options: a proxy, agents, a lookup. Answers that came another
   * way are not served.
   */
  readonly via?: Readonly<Record<string, unknown>> | undefined;
  /** The caller's own, which may be of any make that the client takes: see `signals.ts`. */
  readonly signal?: AbortSignal;
  /** Whether the body, if there is one, can be sent again byte for byte. */
  readonly replayable: boolean;
  /**
   * Whether the client may have followed a redirect inside one attempt, so that an error may come from a later hop.
   * @default false
   */
  readonly followsRedirects?: boolean;
  /**
   * Whether the source of the body failed by itself, which is no evidence about the host: see `body-source.ts`. Called
   * when the attempt has ended.
   */
  readonly bodyFailed?: () => boolean;
  /** Whether it carries a body, on which the answer may depend whatever the method. @default false */
  readonly hasBody?: boolean;
  /** Identifies the caller beside the headers: credentials in an option of the client's. Only its hash is kept. */
  readonly identity?: string | undefined;
}
