// Writes docs/cli.md. `npm run docs`; a unit test compares.
import { mkdirSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { format } from "prettier";
import { renderReference } from "./cli-reference.js";

const file = fileURLToPath(new URL("../docs/cli.md", import.meta.url));
mkdirSync(new URL("../docs/", import.meta.url), { recursive: true });
writeFileSync(file, await format(renderReference(), { parser: "markdown", printWidth: 110 }));
