/** A queue with removal from any place in one step: its members are linked to each other. */

export class QueuePlace<T> {
  readonly member: T;
  next: QueuePlace<T> | undefined;
  previous: QueuePlace<T> | undefined;
  isQueued = true;

  constructor(member: T, previous: QueuePlace<T> | undefined) {
    this.member = member;
    this.previous = previous;
  }
}

export class WaitQueue<T> {
  #first: QueuePlace<T> | undefined;
  #last: QueuePlace<T> | undefined;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** Joins at the end. */
  join(member: T): QueuePlace<T> {
    const place = new QueuePlace(member, this.#last);
    if (this.#last) this.#last.next = place;
    else this.#first = place;
    this.#last = place;
    this.#size += 1;
    return place;
  }

  /** Removes and returns the oldest member; undefined where the queue is empty. */
  shift(): T | undefined {
    const place = this.#first;
    if (place) this.leave(place);
    return place?.member;
  }

  /** Removes a member from any place. False where it has been removed already. */
  leave(place: QueuePlace<T>): boolean {
    if (!place.isQueued) return false;
    const { previous, next } = place;
    if (previous) previous.next = next;
    else this.#first = next;
    if (next) next.previous = previous;
    else this.#last = previous;
    place.isQueued = false;
    place.next = undefined;
    place.previous = undefined;
    this.#size -= 1;
    return true;
  }
}
