/** The page in Chromium, with timings. */

import { setTimeout } from 'node:timers/promises';
import type { Page } from 'playwright-core';

/** Runs in the page: records when each row changed its state, how long tasks took, and how long a key press waited for its paint. */
const WATCH = `
  window.changed = []; window.tasks = []; window.presses = [];
  new MutationObserver(all => {
    const rows = all.flatMap(({ type, target, addedNodes }) => type === 'attributes' ? [target] : [...addedNodes]);
    for (const { dataset } of rows) if (dataset) changed.push([dataset.id, dataset.state, Date.now()]);
  }).observe(circuits, { childList: true, subtree: true, attributes: true, attributeFilter: ['data-state'] });
  new PerformanceObserver(list => tasks.push(...list.getEntries().map(each => each.duration))).observe({ type: 'longtask' });
  addEventListener('keydown', ({ timeStamp }) => requestAnimationFrame(() => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => presses.push(performance.now() - timeStamp);
    port2.postMessage(0);
  }), true);
`;

export class WatchedPage {
  readonly #page: Page;

  private constructor(page: Page) {
    this.#page = page;
  }

  static async open(page: Page, url: string): Promise<WatchedPage> {
    await page.goto(url);
    await page.locator('body[data-connection=live]').waitFor();
    await page.evaluate(WATCH);
    return new WatchedPage(page);
  }

  /** Clears the recordings once the row of the circuit has left that state. */
  async forget(id: string, state: string): Promise<void> {
    const row = this.#page.locator(`tr[data-id="${id}"][data-state=${state}]`);
    await row.waitFor({ state: 'detached' });
    await this.#page.evaluate('changed.splice(0)');
  }

  /** When the row of the circuit entered that state, in milliseconds since 1970. */
  async cameTo(id: string, state: string): Promise<number> {
    const row = `([id, state]) => id === ${JSON.stringify(id)} && state === '${state}'`;
    // Polled from here: the page's content security policy blocks evaluated code that waits by itself.
    for (;;) {
      const since = await this.#page.evaluate(`changed.find(${row})?.[2]`);
      if (typeof since === 'number') return since;
      await setTimeout(20);
    }
  }

  /** The time from each key press to the following paint. */
  async type(presses: number): Promise<number[]> {
    await this.#page.getByRole('searchbox').focus();
    for (let press = 0; press < presses; press++) {
      await this.#page.keyboard.press(press % 2 ? 'Backspace' : 'h');
      await setTimeout(130);
    }
    return this.#taken('presses');
  }

  /** Tasks of more than 50 ms. */
  longTasks(): Promise<number[]> {
    return this.#taken('tasks');
  }

  #taken(list: 'presses' | 'tasks'): Promise<number[]> {
    return this.#page.evaluate(`${list}.splice(0)`) as Promise<number[]>;
  }
}
