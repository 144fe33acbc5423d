/** Kept answers of one call: serves one as it came over the wire, and keeps a good one in that form. */

import type { BodyForm, BodySink } from '@cutout/http';
import type { AnswerSource, Ask, CallAnswers } from '@cutout/http/adapter';
import type { CheckedAnswer } from './dispatch-answer.ts';
import type { HeaderFields } from './handler.ts';
import type { ResponseHead } from './response-head.ts';

/** Handlers receive raw bytes; decoded ones suit them as well. */
const FORMS: readonly BodyForm[] = ['encoded', 'plain'];

export class KeptResponses implements AnswerSource {
  readonly #answers: CallAnswers;
  #sink: BodySink | undefined;

  constructor(answers: CallAnswers) {
    this.#answers = answers;
  }

  /** What answers in place of a failure. */
  answer({ failure, status }: Pick<Ask, 'failure' | 'status'>): CheckedAnswer | undefined {
    const found = this.#answers.answer(failure, status, FORMS);
    if (!found) return undefined;
    const { statusText, headers, body } = found;
    return { status: found.status, statusText, headers: fieldsOf(headers), body: body ? [body] : [] };
  }

  /** A good answer has begun; its pieces follow, and then `ended` or `failed`. */
  responded({ status, headers, statusText = '' }: ResponseHead): void {
    const coding = String(headers['content-encoding'] ?? 'identity').trim();
    const form = /^identity$/i.test(coding) ? 'plain' : 'encoded';
    this.#sink = this.#answers.keep({ status, statusText, headers: pairsOf(headers), form });
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
