// How the schemas of Atlas's document are read before they judge: what its generator writes and does not mean, what is
// stricter for what we send, and its formats. Knows no operation.
import { Ajv } from "ajv";

export type Json = Readonly<Record<string, unknown>>;

const isObject = (node: unknown): node is Json =>
  typeof node === "object" && node !== null && !Array.isArray(node);

export function mapObjects(node: unknown, map: (own: Json) => Json): unknown {
  if (Array.isArray(node)) return node.map((one) => mapObjects(one, map));
  if (!isObject(node)) return node;
  return Object.fromEntries(Object.entries(map(node)).map(([key, value]) => [key, mapObjects(value, map)]));
}

/**
 * The generator writes `{"type": "object"}` for Java's Object, that is for any value: parameters of an ApiError, values
 * of stats and of pipeline stages (docs/atlas.md 1e and 4 show strings and numbers there), and beside the oneOf of
 * regions, whose members are strings.
 */
export function loosen(own: Json): Json {
  const isAny = own["type"] === "object" && !("properties" in own) && !("additionalProperties" in own);
  const dropped = ["discriminator", "example", ...(isAny ? ["type"] : [])];
  return Object.fromEntries(Object.entries(own).filter(([key]) => !dropped.includes(key)));
}

/**
 * A component whose oneOf names its kinds, each of them allOf the component again, would never end: so the component
 * judges the fields that all share, and a kind those that it adds, which may fit more than one.
 */
export function unwind(document: Json): Json {
  const schemas = (document["components"] as { readonly schemas: Readonly<Record<string, Json>> }).schemas;
  const isSplit = (own: Json): boolean => "oneOf" in own && "properties" in own;
  const split = new Set(Object.keys(schemas).filter((name) => isSplit(schemas[name] ?? {})));
  const isBack = (part: unknown): boolean =>
    isObject(part) && split.has(String(part["$ref"]).replace("#/components/schemas/", ""));
  return mapObjects(document, (own) => {
    const { allOf, oneOf, ...rest } = own;
    const added = Array.isArray(allOf) ? (allOf as unknown[]).filter((part) => !isBack(part)) : [];
    return {
      ...rest,
      ...(oneOf === undefined ? {} : { [isSplit(own) ? "anyOf" : "oneOf"]: oneOf }),
      ...(added.length === 0 ? {} : { allOf: added }),
    };
  }) as Json;
}

/** No field but the declared ones, and none that is Atlas's to write. */
export function tighten(own: Json): Json {
  const { properties } = own;
  if (!isObject(properties) || "allOf" in own || "oneOf" in own || "anyOf" in own) return own;
  const ours = Object.entries(properties).filter(
    ([, schema]) => !isObject(schema) || schema["readOnly"] !== true,
  );
  return { ...own, properties: Object.fromEntries(ours), additionalProperties: false };
}

function isDateTime(text: string): boolean {
  return (
    /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}([.]\d+)?(Z|[+-]\d{2}:\d{2})$/.test(text) &&
    !Number.isNaN(Date.parse(text))
  );
}

export function createAjv(coerces: boolean): Ajv {
  const ajv = new Ajv({ strict: false, allErrors: true, ...(coerces ? { coerceTypes: "array" } : {}) });
  ajv.addFormat("date-time", isDateTime);
  ajv.addFormat("uri", (text: string) => URL.canParse(text));
  ajv.addFormat("int32", { type: "number", validate: (n: number) => Number.isInteger(n) && n === (n | 0) });
  ajv.addFormat("int64", { type: "number", validate: (n: number) => Number.isInteger(n) });
  for (const free of ["password", "binary"]) ajv.addFormat(free, true);
  return ajv;
}
