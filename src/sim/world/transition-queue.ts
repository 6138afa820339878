// A binary heap of what is due, earliest first and in the order of planning among equals, so that advancing a world of
// ten thousand processors costs only what is due. The second key is what makes a run repeatable: a heap alone would
// hand out equals in any order. Must never look at what it holds beyond its time.

interface Planned<T> {
  readonly order: number;
  readonly item: T;
}

export class TransitionQueue<T extends { readonly at: number }> {
  private readonly heap: Planned<T>[] = [];
  private nextOrder = 0;

  /** Costs the logarithm of what is planned. An item whose time is past is due at once. */
  push(item: T): void {
    this.heap.push({ order: this.nextOrder++, item });
    let child = this.heap.length - 1;
    while (child > 0) {
      const parent = (child - 1) >> 1;
      if (!this.isBefore(child, parent)) break;
      this.swap(child, parent);
      child = parent;
    }
  }

  /** The earliest item due by `now`, taken out; undefined when none is. */
  popDue(now: number): T | undefined {
    const first = this.heap[0];
    if (first === undefined || first.item.at > now) return undefined;
    // The last one takes the root's place and sinks; for the only one the root itself was taken out.
    const last = this.heap.pop();
    if (last !== undefined && this.heap.length > 0) {
      this.heap[0] = last;
      this.sink();
    }
    return first.item;
  }

  /** Everything planned, in the order it will happen. */
  toList(): readonly T[] {
    const sorted = [...this.heap].sort((a, b) => a.item.at - b.item.at || a.order - b.order);
    return sorted.map((planned) => planned.item);
  }

  private sink(): void {
    let parent = 0;
    for (;;) {
      const left = 2 * parent + 1;
      let least = parent;
      for (const child of [left, left + 1]) {
        if (child < this.heap.length && this.isBefore(child, least)) least = child;
      }
      if (least === parent) return;
      this.swap(least, parent);
      parent = least;
    }
  }

  private isBefore(a: number, b: number): boolean {
    const one = this.heap[a];
    const two = this.heap[b];
    // Only the type checker asks: every caller has checked its indices.
    if (one === undefined || two === undefined) return false;
    return one.item.at < two.item.at || (one.item.at === two.item.at && one.order < two.order);
  }

  private swap(a: number, b: number): void {
    const one = this.heap[a];
    const two = this.heap[b];
    if (one === undefined || two === undefined) return;
    this.heap[a] = two;
    this.heap[b] = one;
  }
}
