/** What a scripted server does with one request. */

export interface AnswerOptions {
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  /** A text, or the number of bytes to send. @default '' */
  readonly body?: string | number;
  /** Milliseconds to wait before the headers. @default 0 */
  readonly delayMs?: number;
}

export type Step =
  | ({ readonly kind: 'answer'; readonly status: number } & AnswerOptions)
  /** Reads the request, then resets the connection without an answer. */
  | { readonly kind: 'reset' }
  /** Reads the request, then closes the connection normally without an answer. */
  | { readonly kind: 'close' }
  /** Reads the request and never answers. */
  | { readonly kind: 'hang' }
  /** Sends headers that announce `bytes`, and half of the body; then resets, closes, or goes silent. */
  | {
      readonly kind: 'break-body';
      readonly how: 'reset' | 'close' | 'hang';
      readonly status?: number;
      readonly bytes?: number;
    }
  /** Sends a body that ends with its connection: no `Content-Length`, no chunks. */
  | { readonly kind: 'until-close'; readonly body: string }
  /** Answers 302 to the same server: at the requested host name, or at `localhost`, which is another origin. */
  | { readonly kind: 'redirect'; readonly to: 'here' | 'elsewhere' }
  /** Sends the body in `chunks` pieces, `everyMs` apart. */
  | { readonly kind: 'drip'; readonly chunks: number; readonly everyMs: number };

export function answer(status: number, options: AnswerOptions = {}): Step {
  return { kind: 'answer', status, ...options };
}

export const reset: Step = { kind: 'reset' };
export const close: Step = { kind: 'close' };
export const hang: Step = { kind: 'hang' };

export function breakBody(
  how: 'reset' | 'close' | 'hang' = 'reset',
  options: { status?: number; bytes?: number } = {},
): Step {
  return { kind: 'break-body', how, ...options };
}

export function untilClose(body: string): Step {
  return { kind: 'until-close', body };
}

export function redirect(to: 'here' | 'elsewhere'): Step {
  return { kind: 'redirect', to };
}

export function drip(chunks: number, everyMs: number): Step {
  return { kind: 'drip', chunks, everyMs };
}
