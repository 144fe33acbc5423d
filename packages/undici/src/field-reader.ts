/** undici's header fields, read as the policy reads headers. */

import type { HeaderFields } from './handler.ts';

export class FieldReader {
  readonly #fields: HeaderFields;

  constructor(fields: HeaderFields) {
    this.#fields = fields;
  }

  get(name: string): string | null {
    const value = this.#fields[name];
    return value === undefined ? null : Array.isArray(value) ? value.join(', ') : value;
  }
}
