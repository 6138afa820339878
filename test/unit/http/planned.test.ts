// What a write of policies needs beside the right to write them.
import { expect, it } from "vitest";
import { findNeededRights } from "../../../src/http/api/planned.js";

const ref = { project: "a".repeat(24), workspace: "w", processor: "p" };

it.each([
  { positions: [], needed: ["edit-policy"] },
  { positions: ["already-spent"], needed: ["edit-policy"] },
  { positions: ["will-be-spent"], needed: ["edit-policy", "start-fresh"] },
  { positions: ["already-spent", "no-effect-running"], needed: ["edit-policy", "start-fresh"] },
] as const)("positions that are $positions need $needed", ({ positions, needed }) => {
  expect(findNeededRights({ positions: positions.map((kind) => ({ ref, kind })) })).toEqual(needed);
});
