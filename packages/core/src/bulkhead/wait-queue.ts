/** A queue that is left from anywhere in one step: its members are linked to each other. */

export class Place<T> {
  readonly member: T;
  next: Place<T> | undefined;
  previous: Place<T> | undefined;
  isLined = true;

  constructor(member: T, previous: Place<T> | undefined) {
    this.member = member;
    this.previous = previous;
  }
}

export class WaitingLine<T> {
  #first: Place<T> | undefined;
  #last: Place<T> | undefined;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** Joins at the end. */
  join(member: T): Place<T> {
    const place = new Place(member, this.#last);
    if (this.#last) this.#last.next = place;
    else this.#first = place;
    this.#last = place;
    this.#size += 1;
    return place;
  }

  /** Takes out the one who has waited longest; undefined where nobody waits. */
  shift(): T | undefined {
    const place = this.#first;
    if (place) this.leave(place);
    return place?.member;
  }

  /** Leaves from wherever the place is. False where it has been left already. */
  leave(place: Place<T>): boolean {
    if (!place.isLined) return false;
    const { previous, next } = place;
    if (previous) previous.next = next;
    else this.#first = next;
    if (next) next.previous = previous;
    else this.#last = previous;
    place.isLined = false;
    place.next = undefined;
    place.previous = undefined;
    this.#size -= 1;
    return true;
  }
}
