// What to say of a field that does not exist: the fields that do, and the nearest of them.

const FIELDS: Readonly<Record<string, readonly string[]>> = {
  "": ["project", "workspace", "defaults", "processors"],
  policy: ["state", "mode", "start", "restart", "recovery"],
  start: ["tier", "resumeFromCheckpoint", "startAtOperationTime"],
  restart: ["cron", "timezone", "spread", "catchUp"],
  recovery: ["backoff", "maxAttempts", "stableAfter", "stoppedGrace"],
  backoff: ["initial", "factor", "max"],
};

/** The fields allowed beside it, the nearest one first in words where there is one. */
export function suggestKey(key: string, path: readonly string[]): string {
  const fields = FIELDS[toPlace(path)] ?? [];
  const nearest = fields.find((field) => toDistance(field.toLowerCase(), key.toLowerCase()) <= 2);
  const list = fields.join(", ");
  return nearest === undefined ? list : `${list}; did you mean ${nearest}?`;
}

function toPlace(path: readonly string[]): string {
  if (path.length === 0) return "";
  const isPolicy = path[0] === "defaults" ? path.length === 1 : path.length === 2;
  return isPolicy ? "policy" : (path.at(-1) ?? "");
}

/** Edit distance. */
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
