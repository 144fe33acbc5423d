/** One exchange's dealings with kept answers: serves one as it came over the wire, and keeps a good one in that form. */

import type { BodyForm, BodySink, CallAnswers } from '@cutout/http';
import type { CheckedAnswer } from './dispatch-answer.ts';
import type { HeaderFields } from './handler.ts';

/** Handlers receive raw bytes and headers; what is decoded suits them just as well. */
const FORMS: readonly BodyForm[] = ['encoded', 'plain'];

export class StaleExchange {
  readonly #answers: CallAnswers;
  #sink: BodySink | undefined;

  constructor(answers: CallAnswers) {
    this.#answers = answers;
  }

  /** What answers in place of a failure: of an error, or of a response. */
  answer(failure: unknown): CheckedAnswer | undefined {
    const { status } = failure as { status?: unknown };
    const found = this.#answers.answer(failure, typeof status === 'number' ? status : undefined, FORMS);
    if (!found) return undefined;
    const { statusText, headers, body } = found;
    return { status: found.status, statusText, headers: fieldsOf(headers), body: body ? [body] : [] };
  }

  /** A good answer, which its handler receives at once; its chunks follow, and then `ended` or `failed`. */
  responded(status: number, fields: HeaderFields, statusText = ''): void {
    const coding = String(fields['content-encoding'] ?? 'identity').trim();
    const form = /^identity$/i.test(coding) ? 'plain' : 'encoded';
    this.#sink = this.#answers.keep({ status, statusText, headers: pairsOf(fields), form });
  }

  received(chunk: Uint8Array): void {
    this.#sink?.add(chunk);
  }

  ended(): void {
    this.#sink?.end();
  }

  failed(): void {
    this.#sink?.drop();
  }
}

function pairsOf(fields: HeaderFields): [string, string][] {
  return Object.entries(fields).flatMap(([name, value = []]) =>
    [value].flat().map((each): [string, string] => [name, each]),
  );
}

function fieldsOf(pairs: readonly (readonly [string, string])[]): HeaderFields {
  const fields: HeaderFields = {};
  for (const [name, value] of pairs) {
    const before = fields[name];
    fields[name] = before === undefined ? value : [before, value].flat();
  }
  return fields;
}
