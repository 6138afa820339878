// Values that are costly to make and depend on their key alone, kept as long as the process lives: bounded, because
// keys come from outside and change over the months. Whoever asks cannot tell a kept value from a new one.

export interface Memory<Key, Value> {
  /** The value of that key: kept, else made now. What `make` throws is not kept. */
  get(key: Key, make: () => Value): Value;
}

/** Forgets everything at the value after `max`: that costs making them again, and needs no order among them. */
export function createMemory<Key, Value>(max: number): Memory<Key, Value> {
  const kept = new Map<Key, Value>();
  return {
    get: (key, make) => {
      const found = kept.get(key);
      if (found !== undefined) return found;
      const made = make();
      if (kept.size >= max) kept.clear();
      kept.set(key, made);
      return made;
    },
  };
}
