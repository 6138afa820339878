// A processor's state with its tier, as every verb shows it.

/** `STARTED SP10`; "-" for a state that is not known. */
export function formatStateText(state: string | null | undefined, tier: string | null | undefined): string {
  return [state ?? "-", tier].filter((part) => part !== undefined && part !== null).join(" ");
}
