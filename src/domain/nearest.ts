// The name a person may have meant: the nearest of those that exist, by edit distance.

/** Undefined where none is near: within two edits, or a third of a longer name. */
export function findNearest(name: string, known: Iterable<string>): string | undefined {
  const limit = Math.max(2, Math.floor(name.length / 3));
  let best: { readonly text: string; readonly distance: number } | undefined;
  for (const text of known) {
    if (Math.abs(text.length - name.length) > limit) continue;
    const distance = toDistance(text.toLowerCase(), name.toLowerCase());
    if (distance <= limit && distance < (best?.distance ?? Infinity)) best = { text, distance };
  }
  return best?.text;
}

function toDistance(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (let i = 1; i <= one.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= other.length; j += 1) {
      const cost = one[i - 1] === other[j - 1] ? 0 : 1;
      next.push(Math.min((next[j - 1] ?? 0) + 1, (row[j] ?? 0) + 1, (row[j - 1] ?? 0) + cost));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
