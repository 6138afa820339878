// A value as a document of YAML. A file of its own, so that a verb loads the package only if it prints YAML. By itself
// the package cannot be loaded late: of bundled CommonJS a dynamic import has no names.
import { Document, Scalar, visit } from "yaml";
import { toVisible } from "../../base/text.js";

/**
 * What a terminal shows as `\u001b` is that character only where YAML has it in quotes: so each text of that kind is
 * quoted.
 */
export function toYamlText(value: unknown): string {
  const document = new Document(value);
  visit(document, {
    Scalar: (_key, node) => {
      const isShownAsItIs = typeof node.value !== "string" || toVisible(node.value) === node.value;
      if (!isShownAsItIs) node.type = Scalar.QUOTE_DOUBLE;
    },
  });
  return document.toString().trimEnd();
}
