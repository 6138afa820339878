// How generated documents are laid out.
import { format } from "prettier";

export function formatDocument(lines: readonly string[]): Promise<string> {
  return format(lines.join("\n"), { parser: "markdown", printWidth: 110, proseWrap: "always" });
}
