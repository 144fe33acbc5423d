/** One exchange's dealings with stale answers: serves one as it came over the wire, and keeps a good one in that form. */

import type { BodyForm, Collector, StaleSteps } from '@cutout/http';
import type { CheckedAnswer } from './dispatch-answer.ts';
import type { HeaderFields } from './handler.ts';

/** A handler is told bytes and headers as they came; what is decoded suits it just as well. */
const FORMS: readonly BodyForm[] = ['encoded', 'plain'];

export class StaleExchange {
  readonly #steps: StaleSteps;
  #collector: Collector | undefined;

  constructor(steps: StaleSteps) {
    this.#steps = steps;
  }

  /** What answers in place of a failure: of an error, or of a response. */
  answer(failure: unknown): CheckedAnswer | undefined {
    const { status } = failure as { status?: unknown };
    const found = this.#steps.serve(failure, typeof status === 'number' ? status : undefined, FORMS);
    if (!found) return undefined;
    const { statusText, headers, body } = found;
    return { status: found.status, statusText, headers: fieldsOf(headers), body: body ? [body] : [] };
  }

  /** A good answer, which its handler is told at once; its pieces follow, and then `ended` or `failed`. */
  responded(status: number, fields: HeaderFields, statusText = ''): void {
    const coding = String(fields['content-encoding'] ?? 'identity').trim();
    const form = /^identity$/i.test(coding) ? 'plain' : 'encoded';
    this.#collector = this.#steps.collect({ status, statusText, headers: pairsOf(fields), form });
  }

  received(chunk: Uint8Array): void {
    this.#collector?.add(chunk);
  }

  ended(): void {
    this.#collector?.end();
  }

  failed(): void {
    this.#collector?.drop();
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
