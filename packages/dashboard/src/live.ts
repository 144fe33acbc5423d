/** Updates every stream once a second, and soon after a transition. Without streams it only keeps the history. */

import { monotonicClock, type TransitionEvent } from '@cutout/core';
import { Harmless } from '@cutout/core/internal';
import type { HttpPolicy } from '@cutout/http';
import { Circuits, idOf, type Reading } from './circuits.ts';
import type { EventStream } from './event-stream.ts';
import { moment } from './moment.ts';
import { type Heading, ReaderState, snapshotOf } from './reader-state.ts';
import { type DashboardSnapshot, SPARK_STEP_MS } from './snapshot.ts';
import { Timeline } from './timeline.ts';
import type { View } from './view.ts';

const TICK_MS = 1_000;
/** The delay after a transition. One outage brings many, and one message for all is cheaper than one for each. */
const SOON_MS = 50;
/** The pause between updates, as a multiple of the last one's duration: an outage must not block the event loop. */
const SHARE = 20;

export class Live {
  readonly circuits: Circuits;
  readonly timeline: Timeline = new Timeline();
  readonly #heading: Heading;
  readonly #streams = new Map<EventStream, ReaderState>();
  readonly #stop: (() => void)[];
  #ticking: NodeJS.Timeout | undefined;
  #soon: NodeJS.Timeout | undefined;
  #sentAt = Number.NEGATIVE_INFINITY;
  #tookMs = 0;
  readonly #unread = new Harmless('[@cutout/dashboard] the circuits could not be read');
  readonly #onTick = this.#harmless(() => this.#broadcast());

  constructor(policies: readonly HttpPolicy[], heading: Heading) {
    this.#heading = heading;
    this.circuits = new Circuits(policies, moment());
    const marking = setInterval(
      this.#harmless(() => this.circuits.mark(moment())),
      SPARK_STEP_MS,
    ).unref();
    this.#stop = [() => clearInterval(marking), ...policies.map((policy, index) => this.#listen(policy, index))];
  }

  get streams(): number {
    return this.#streams.size;
  }

  snapshot(view: View): DashboardSnapshot {
    return snapshotOf(this.#heading, this.circuits.read(moment()), this.timeline, view);
  }

  add(stream: EventStream, view: View): void {
    const reader = new ReaderState(view);
    this.#streams.set(stream, reader);
    stream.send('snapshot', reader.snapshot(this.#heading, this.circuits.read(moment()), this.timeline));
    this.#ticking ??= setInterval(this.#onTick, TICK_MS).unref();
  }

  remove(stream: EventStream): void {
    this.#streams.delete(stream);
    if (this.#streams.size > 0) return;
    clearInterval(this.#ticking);
    this.#ticking = undefined;
  }

  /** Ends all streams and timers. */
  close(): void {
    for (const stop of this.#stop) stop();
    for (const stream of this.#streams.keys()) stream.end();
    this.#streams.clear();
    clearInterval(this.#ticking);
    clearTimeout(this.#soon);
  }

  #listen(policy: HttpPolicy, index: number): () => void {
    return policy.subscribe(event => {
      if (event.type === 'transition') this.#transition(policy, index, event);
    }, 'transition');
  }

  #transition(policy: HttpPolicy, index: number, event: TransitionEvent): void {
    const [id, when] = [idOf(index, event.key), moment()];
    this.timeline.add(event, { id, policy: policy.name }, when.at);
    this.circuits.transition(id, event, when);
    if (this.#streams.size === 0) return;
    const pauseMs = this.#sentAt + SHARE * this.#tookMs - monotonicClock.now();
    this.#soon ??= setTimeout(this.#onTick, Math.max(SOON_MS, pauseMs)).unref();
  }

  #broadcast(): void {
    clearTimeout(this.#soon);
    this.#soon = undefined;
    const begun = monotonicClock.now();
    const reading = this.circuits.read(moment());
    for (const [stream, reader] of this.#streams) this.#sendDiff(stream, reader, reading, begun);
    this.#sentAt = monotonicClock.now();
    this.#tookMs = this.#sentAt - begun;
  }

  /** For timers, where an error would end the process: the caller's clock may throw. */
  #harmless(work: () => void): () => void {
    return () => this.#unread.call(work);
  }

  /** A stream that is not ready gets the whole difference next time. */
  #sendDiff(stream: EventStream, reader: ReaderState, reading: Reading, now: number): void {
    if (stream.ready(now)) stream.send('diff', reader.diff(reading, this.timeline));
  }
}
