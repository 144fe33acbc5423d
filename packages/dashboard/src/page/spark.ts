/** The success ratio of the last two minutes as bars: successes from below, failures from above. */

import type { HostRow } from '../snapshot.ts';
import { SPARK_STEPS } from '../snapshot.ts';
import { svg } from './dom.ts';
import { SPARK_HEIGHT, SPARK_PITCH, type SparkPaths, sparkPaths } from './spark-paths.ts';

export class Spark {
  readonly element: SVGSVGElement;
  readonly #good = svg('path', { class: 'good' });
  readonly #bad = svg('path', { class: 'bad' });
  #shown: SparkPaths = { good: '', bad: '' };

  constructor() {
    const viewBox = `0 0 ${SPARK_STEPS * SPARK_PITCH} ${SPARK_HEIGHT}`;
    // The percentage beside it shows the same as text.
    this.element = svg('svg', { class: 'spark', viewBox, 'aria-hidden': 'true' }, this.#good, this.#bad);
  }

  show({ spark }: HostRow): void {
    const paths = sparkPaths(spark);
    if (paths.good !== this.#shown.good) this.#good.setAttribute('d', paths.good);
    if (paths.bad !== this.#shown.bad) this.#bad.setAttribute('d', paths.bad);
    this.#shown = paths;
  }
}
