/** Who is told how a body ends, and how that is told of a body that two read. */

import type { BodyTracker } from '@cutout/http/adapter';

export type BodyEnd = Pick<BodyTracker, 'whole' | 'broken' | 'cancelled'>;

/** For the two branches of a body: what one reads has arrived, but only both together can cancel it. */
export function halvesOf(ends: readonly BodyEnd[]): [readonly BodyEnd[], readonly BodyEnd[]] {
  const pairs = ends.map(end => {
    const pair = { open: 2 };
    return [new Half(end, pair), new Half(end, pair)] as const;
  });
  return [pairs.map(([first]) => first), pairs.map(([, second]) => second)];
}

class Half implements BodyEnd {
  readonly #whole: BodyEnd;
  readonly #pair: { open: number };
  #cancelled = false;

  constructor(whole: BodyEnd, pair: { open: number }) {
    this.#whole = whole;
    this.#pair = pair;
  }

  whole(): void {
    this.#whole.whole();
  }

  broken(error: unknown): void {
    this.#whole.broken(error);
  }

  cancelled(): void {
    if (this.#cancelled) return;
    this.#cancelled = true;
    this.#pair.open -= 1;
    if (this.#pair.open === 0) this.#whole.cancelled();
  }
}
