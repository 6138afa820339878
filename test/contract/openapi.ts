// The OpenAPI slice of Atlas as a judge: which operation a request is, and whether values are as the document declares
// them. The slice lives outside the project; where it is absent, `openApi` is undefined and whoever needs it says so.
import { existsSync, readFileSync } from "node:fs";
import type { AnySchema, ValidateFunction } from "ajv";
import { createAjv, loosen, mapObjects, tighten, unwind } from "./schema-shapes.js";
import type { Json } from "./schema-shapes.js";

/** A node of the document, its references followed, and where it stands. */
export interface Place {
  readonly node: Json;
  readonly at: readonly string[];
}

export interface OperationMatch {
  readonly operationId: string;
  readonly operation: Place;
  /** Decoded, by their names in the template. */
  readonly path: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
}

export interface DeclaredText {
  readonly schema: Place;
  readonly isRequired: boolean;
}

export interface OpenApi {
  readonly operationIds: readonly string[];
  /** Undefined for what the document does not declare. */
  match(method: string, url: string): OperationMatch | undefined;
  /** A node under a place; undefined where there is none. */
  enter(place: Place, ...keys: readonly string[]): Place | undefined;
  /** A component by kind and name. @throws Error where the document lacks it */
  component(kind: string, name: string): Place;
  /** What is wrong with the value by the schema that stands there; empty: nothing. */
  judge(schema: Place, value: unknown): readonly string[];
  /** As `judge`, for a body of ours: Atlas refuses fields it does not know (docs/atlas.md 2a). */
  judgeSent(schema: Place, value: unknown): readonly string[];
  /** As `judge`, by a schema that the document does not hold. */
  judgeBy(schema: AnySchema, value: unknown): readonly string[];
  /** What is wrong with values that come as text: path, query, headers. Undeclared names are wrong. */
  judgeTexts(
    declared: Readonly<Record<string, DeclaredText>>,
    values: Readonly<Record<string, string | readonly string[]>>,
  ): readonly string[];
}

const FILE = new URL("../../../shared/atlas-streams-openapi.json", import.meta.url);

/** Says so where the slice is absent. */
export function loadOpenApi(): OpenApi | undefined {
  if (existsSync(FILE)) return createOpenApi(JSON.parse(readFileSync(FILE, "utf8")) as Json);
  process.stderr.write(
    "\nSKIPPED: ../shared/atlas-streams-openapi.json is absent: NOTHING was validated against the OpenAPI\n\n",
  );
  return undefined;
}

const toKey = (part: string): string => encodeURIComponent(part.replaceAll("~", "~0").replaceAll("/", "~1"));
const pointer = (document: string, at: readonly string[]): string =>
  `${document}#/${at.map(toKey).join("/")}`;

/** Without the values: they may hold what is nobody's business. */
function toFaults(validate: ValidateFunction, value: unknown): readonly string[] {
  if (validate(value)) return [];
  return (validate.errors ?? []).map(({ instancePath, message = "", params }) =>
    `${instancePath} ${message} ${JSON.stringify(params)}`.trim(),
  );
}

function createOpenApi(raw: Json): OpenApi {
  const document = unwind(mapObjects(raw, loosen) as Json);
  const plain = createAjv(false);
  plain.addSchema(document, "atlas");
  plain.addSchema(mapObjects(document, tighten) as AnySchema, "sent");
  const coercing = createAjv(true);
  coercing.addSchema(document, "atlas");

  const follow = (place: Place): Place => {
    const ref = place.node["$ref"];
    if (typeof ref !== "string") return place;
    const at = ref.slice(2).split("/");
    return follow({ node: at.reduce<Json>((node, key) => node[key] as Json, document), at });
  };
  const enter = (place: Place, ...keys: readonly string[]): Place | undefined =>
    keys.reduce<Place | undefined>((from, key) => {
      const node = from?.node[key];
      const isInside = typeof node === "object" && node !== null;
      return from === undefined || !isInside
        ? undefined
        : follow({ node: node as Json, at: [...from.at, key] });
    }, place);
  const root: Place = { node: document, at: [] };
  const compiled = (of: string, { at }: Place): ValidateFunction => {
    const found = plain.getSchema(pointer(of, at));
    if (found === undefined) throw new Error(`no schema at ${at.join("/")}`);
    return found;
  };
  const ofTexts = new Map<string, ValidateFunction>();
  const operations = Object.values(enter(root, "paths")?.node ?? {}).flatMap((path) =>
    Object.values(path as Readonly<Record<string, Json>>).map((operation) => operation["operationId"]),
  );
  return {
    operationIds: operations.filter((id) => typeof id === "string"),
    enter,
    match: (method, url) => matchOperation({ root, enter }, method, url),
    component: (kind, name) => {
      const place = enter(root, "components", kind, name);
      if (place === undefined) throw new Error(`the document has no ${kind}/${name}`);
      return place;
    },
    judge: (schema, value) => toFaults(compiled("atlas", schema), value),
    judgeSent: (schema, value) => toFaults(compiled("sent", schema), value),
    judgeBy: (schema, value) => toFaults(plain.compile(schema), value),
    judgeTexts: (declared, values) => {
      const schema = toTextsSchema(declared);
      const key = JSON.stringify(schema);
      const validate = ofTexts.get(key) ?? coercing.compile(schema);
      ofTexts.set(key, validate);
      return toFaults(validate, { ...values });
    },
  };
}

function toTextsSchema(declared: Readonly<Record<string, DeclaredText>>): AnySchema {
  const names = Object.entries(declared);
  return {
    type: "object",
    properties: Object.fromEntries(
      names.map(([name, { schema }]) => [name, { $ref: pointer("atlas", schema.at) }]),
    ),
    required: names.filter(([, { isRequired }]) => isRequired).map(([name]) => name),
    additionalProperties: false,
  };
}

function matchOperation(
  { root, enter }: { readonly root: Place; readonly enter: OpenApi["enter"] },
  method: string,
  url: string,
): OperationMatch | undefined {
  const { pathname, searchParams: query } = new URL(url, "http://atlas");
  for (const template of Object.keys(enter(root, "paths")?.node ?? {})) {
    const operation = enter(root, "paths", template, method.toLowerCase());
    const path = operation === undefined ? undefined : matchTemplate(template, pathname);
    if (operation === undefined || path === undefined) continue;
    return { operationId: String(operation.node["operationId"]), operation, path, query };
  }
  return undefined;
}

/** Colons of names are encoded on the wire, so that a literal one is the verb's (docs/atlas.md 12). */
function matchTemplate(template: string, pathname: string): Readonly<Record<string, string>> | undefined {
  const names = [...template.matchAll(/\{(\w+)\}/g)].map(([, name = ""]) => name);
  const literal = template.replaceAll(/[.]/g, "[.]").replaceAll(/\{\w+\}/g, "([^/:]+)");
  const found = new RegExp(`^${literal}$`).exec(pathname);
  if (found === null) return undefined;
  return Object.fromEntries(names.map((name, index) => [name, decodeURIComponent(found[index + 1] ?? "")]));
}
