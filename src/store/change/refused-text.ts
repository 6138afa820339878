// An answer that the worker knows is written whatever becomes of its text: if Postgres refuses the text, the facts
// are written without it. What is known and not written would be asked for again, and asking Atlas again is a POST.

/** What stands for a text that Postgres refused. */
export const REFUSED_TEXT = "(its text could not be stored)";

/** Not a text of that kind, of that encoding, of that length; a check on it does not hold; too large for jsonb. */
const TEXT_REFUSED: ReadonlySet<unknown> = new Set(["22P02", "22P05", "22021", "22001", "23514", "54000"]);

/** Writes; if the text is refused, once more without it. `write` is one statement or one transaction. */
export async function writeWithoutRefusedText<Written>(
  write: (keepsText: boolean) => Promise<Written>,
): Promise<Written> {
  try {
    return await write(true);
  } catch (error) {
    const isRefused = error instanceof Error && "code" in error && TEXT_REFUSED.has(error.code);
    if (!isRefused) throw error;
    return write(false);
  }
}
