// What is said of a field that does not exist. The lists of fields are those of the schema: compared here, field by
// field.
import { describe, expect, it } from "vitest";
import { OWN_CLASSES } from "../../../src/domain/failure-classes.js";
import { policyJsonSchema } from "../../../src/policy-file/schema.js";
import { suggestKey } from "../../../src/policy-file/suggestion.js";

interface Node {
  readonly properties?: Readonly<Record<string, Node>>;
  readonly anyOf?: readonly Node[];
  readonly items?: Node;
}

/** Path of every map of the schema -> the fields it takes, in its order. */
function collectMaps(
  node: Node,
  path: readonly string[],
): readonly (readonly [readonly string[], readonly string[]])[] {
  const { properties } = node;
  const inner = [
    ...(node.anyOf ?? []).flatMap((one) => collectMaps(one, path)),
    ...(node.items === undefined ? [] : collectMaps(node.items, [...path, "0"])),
  ];
  if (properties === undefined) return inner;
  const fields = Object.entries(properties);
  return [
    [path, fields.map(([name]) => name)],
    ...fields.flatMap(([name, field]) => collectMaps(field, [...path, name])),
  ];
}

const MAPS = collectMaps(policyJsonSchema(), []);

it("knows the maps of the document, its defaults and the blocks in them", () => {
  expect(MAPS.map(([path]) => path.join("."))).toEqual([
    "",
    "defaults",
    "defaults.start",
    "defaults.restart",
    "defaults.recovery",
    "defaults.recovery.backoff",
    "defaults.recovery.rules.0",
    "defaults.recovery.classes",
    ...OWN_CLASSES.map((name) => `defaults.recovery.classes.${name}`),
    "defaults.recovery.proof",
    "defaults.recovery.ladder",
    "defaults.gateway",
  ]);
});

describe.each(MAPS)("in %j", (path, fields) => {
  const list = fields.join(", ");
  it("lists the fields that the schema takes, in its order", () => {
    expect(suggestKey("zzzzzzzzzz", path)).toBe(list);
  });

  it.each(fields)("suggests %s for its beginning with one letter too many", (field) => {
    expect(suggestKey(`${field}s`, path)).toBe(`${list}; did you mean ${field}?`);
  });

  it("says the same of a processor", () => {
    if (path[0] !== "defaults") return;
    const own = ["processors", "clicks", ...path.slice(1)];
    expect(suggestKey("zzzzzzzzzz", own)).toBe(list);
  });
});

it("takes a processor for one whatever it is called", () => {
  const fields = suggestKey("zzzzzzzzzz", ["defaults"]);
  for (const name of ["start", "restart", "recovery", "backoff", "gateway", "defaults", "policy"]) {
    expect(suggestKey("zzzzzzzzzz", ["processors", name])).toBe(fields);
  }
});
