/** Tells every stream once a second, and soon after a transition. Without a stream it only remembers. */

import { monotonicClock, type TransitionEvent } from '@cutout/core';
import { Harmless } from '@cutout/core/internal';
import type { HttpPolicy } from '@cutout/http';
import { Circuits, idOf, type Reading } from './circuits.ts';
import type { EventStream } from './event-stream.ts';
import { moment } from './moment.ts';
import { type DashboardSnapshot, SPARK_STEP_MS } from './snapshot.ts';
import { Timeline } from './timeline.ts';
import { type Heading, snapshotOf, Told } from './told.ts';
import type { View } from './view.ts';

const TICK_MS = 1_000;
/** After a transition. So many come with one outage that each alone would cost more than all together. */
const SOON_MS = 50;
/** Between two that are soon, at least so many times what the last one took: an outage must not be paid for with the event loop. */
const SHARE = 20;

export class Live {
  readonly circuits: Circuits;
  readonly timeline: Timeline = new Timeline();
  readonly #heading: Heading;
  readonly #streams = new Map<EventStream, Told>();
  readonly #stop: (() => void)[];
  #ticking: NodeJS.Timeout | undefined;
  #soon: NodeJS.Timeout | undefined;
  #toldAt = Number.NEGATIVE_INFINITY;
  #tookMs = 0;
  readonly #unread = new Harmless('[@cutout/dashboard] the circuits could not be read');
  readonly #telling = this.#harmless(() => this.#tell());

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
    const told = new Told(view);
    this.#streams.set(stream, told);
    stream.send('snapshot', told.snapshot(this.#heading, this.circuits.read(moment()), this.timeline));
    this.#ticking ??= setInterval(this.#telling, TICK_MS).unref();
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
    const pauseMs = this.#toldAt + SHARE * this.#tookMs - monotonicClock.now();
    this.#soon ??= setTimeout(this.#telling, Math.max(SOON_MS, pauseMs)).unref();
  }

  #tell(): void {
    clearTimeout(this.#soon);
    this.#soon = undefined;
    const begun = monotonicClock.now();
    const reading = this.circuits.read(moment());
    for (const [stream, told] of this.#streams) this.#tellOne(stream, told, reading, begun);
    this.#toldAt = monotonicClock.now();
    this.#tookMs = this.#toldAt - begun;
  }

  /** For a timer, from which an error would end the process that we are in: a clock of the caller's may throw. */
  #harmless(work: () => void): () => void {
    return () => this.#unread.call(work);
  }

  /** A stream that is not ready is told the whole difference next time. */
  #tellOne(stream: EventStream, told: Told, reading: Reading, now: number): void {
    if (stream.ready(now)) stream.send('diff', told.diff(reading, this.timeline));
  }
}
