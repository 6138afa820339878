// A value as a document of YAML. A file of its own, so that a verb loads the package only if it prints YAML. By itself
// the package cannot be loaded late: of bundled CommonJS a dynamic import has no names.
import { Document, Scalar, visit } from "yaml";
import { toVisible } from "../../base/text.js";

/**
 * What a terminal shows as `\u001b` is that character only where YAML has it in quotes: so each text of that kind is
 * quoted. So is one that ends with a line break, which would be lost with the document's own.
 */
export function toYamlText(value: unknown): string {
  const document = new Document(value);
  visit(document, {
    Scalar: (_key, node) => {
      if (typeof node.value !== "string") return;
      const isShownAsItIs = toVisible(node.value) === node.value && !node.value.endsWith("\n");
      if (!isShownAsItIs) node.type = Scalar.QUOTE_DOUBLE;
    },
  });
  return document.toString().trimEnd();
}
