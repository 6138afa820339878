// Writes what is generated under docs/. `npm run docs`; unit tests compare.
import { writeFileSync } from "node:fs";
import { renderReference } from "./cli-reference.js";
import { renderConfiguration } from "./configuration-reference.js";

const DOCUMENTS = { "cli.md": renderReference, "configuration.md": renderConfiguration } as const;

for (const [name, render] of Object.entries(DOCUMENTS)) {
  writeFileSync(new URL(`../docs/${name}`, import.meta.url), await render());
}
