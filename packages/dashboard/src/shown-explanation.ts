/** An explanation without failure messages, which may contain secrets. */

import type { Explanation } from '@cutout/core';

export type ShownExplanation = Omit<Explanation, 'cause'> & {
  readonly cause?: Omit<NonNullable<Explanation['cause']>, 'message'>;
};

export function shownExplanation({ cause, ...explanation }: Explanation): ShownExplanation {
  if (!cause) return explanation;
  const { message: _, ...shown } = cause;
  return { ...explanation, cause: shown };
}
