/** What a scripted server does with one request. */

export interface AnswerOptions {
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  /** A text, or a number of bytes to fill. @default '' */
  readonly body?: string | number;
  /** Milliseconds to wait before the headers. @default 0 */
  readonly delayMs?: number;
}

export type Step =
  | ({ readonly kind: 'answer'; readonly status: number } & AnswerOptions)
  /** Reads the request, then resets the connection without a word. */
  | { readonly kind: 'reset' }
  /** Reads the request, then closes the connection in the ordinary way without a word. */
  | { readonly kind: 'close' }
  /** Takes the request and never answers. */
  | { readonly kind: 'hang' }
  /** Sends headers that promise `bytes`, and half of the body; then resets, closes, or goes silent. */
  | {
      readonly kind: 'break-body';
      readonly how: 'reset' | 'close' | 'hang';
      readonly status?: number;
      readonly bytes?: number;
    }
  /** Sends a body whose end is that of the connection: neither its length nor its chunks are stated. */
  | { readonly kind: 'until-close'; readonly body: string }
  /** Answers 302 to the same server: under the name it was asked by, or as `localhost`, another origin. */
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
