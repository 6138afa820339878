// The name a person may have meant: the nearest of those that exist, by edit distance.

/** Undefined where none is near: each part between slashes within two edits, or a third of a longer part. */
export function findNearest(name: string, known: Iterable<string>): string | undefined {
  const parts = name.toLowerCase().split("/");
  let best: { readonly text: string; readonly distance: number } | undefined;
  for (const text of known) {
    const distance = toPathDistance(text.toLowerCase().split("/"), parts);
    if (distance < (best?.distance ?? Infinity)) best = { text, distance };
  }
  return best?.text;
}

/** Infinite where they are not near: a long project id must not make any two names in it neighbours. */
function toPathDistance(ones: readonly string[], others: readonly string[]): number {
  if (ones.length !== others.length) return Infinity;
  let total = 0;
  for (const [index, other] of others.entries()) {
    const one = ones[index] ?? "";
    const limit = Math.max(2, Math.floor(other.length / 3));
    const distance = Math.abs(one.length - other.length) > limit ? Infinity : toDistance(one, other);
    if (distance > limit) return Infinity;
    total += distance;
  }
  return total;
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
