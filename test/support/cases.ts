// The cases of test/cases: hostile inputs as they were found, each a script of the simulator about one processor.
import { readFileSync } from "node:fs";
import type { ProcessorRef } from "../../src/domain/refs.js";
import { PROJECT } from "./fleets.js";

/** The processor that every case of `text/` is about. */
export const HOSTILE: ProcessorRef = { project: PROJECT, workspace: "orders", processor: "invoice-feed" };

interface TextCase {
  /** Fault rules, or changes of the world. */
  readonly script: unknown;
  /** What Atlas says of the processor in it. */
  readonly text: string;
}

export function readTextCase(name: string): TextCase {
  const file = new URL(`../cases/text/${name}.json`, import.meta.url);
  const script = JSON.parse(readFileSync(file, "utf8")) as readonly [
    { readonly errorMsg?: string; readonly what?: { readonly detail: string } },
  ];
  return { script, text: script[0].errorMsg ?? script[0].what?.detail ?? "" };
}
