// The operations of an OpenAPI document one after the other, as they are shown to readers: on the page at /docs and in
// docs/api.md. Knows the documents that document.ts makes, and no others.

interface ShownParameter {
  readonly name: string;
  readonly in: string;
  readonly isRequired: boolean;
  /** `integer, 1 to 500, by itself 100`. */
  readonly type: string;
  readonly description: string;
}

export interface ShownOperation {
  readonly id: string;
  readonly method: string;
  readonly path: string;
  readonly tag: string;
  readonly summary: string;
  readonly rights: readonly string[];
  readonly parameters: readonly ShownParameter[];
  /** Media types and what is in them; undefined: no body. */
  readonly body: { readonly mediaTypes: readonly string[]; readonly schema: string } | undefined;
  readonly answers: readonly {
    readonly status: string;
    readonly description: string;
    /** Of what is no problem. */
    readonly schema: string | undefined;
  }[];
}

export interface ShownDocument {
  readonly description: string;
  readonly tags: readonly { readonly name: string; readonly description: string }[];
  readonly operations: readonly ShownOperation[];
  /** Name -> its JSON Schema. */
  readonly schemas: readonly (readonly [name: string, schema: Schema])[];
}

export interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
  readonly items?: Schema;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly default?: string | number | boolean;
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
}

interface Media {
  readonly content?: Readonly<Record<string, { readonly schema: Schema }>>;
}

interface Operation {
  readonly operationId: string;
  readonly summary: string;
  readonly tags: readonly string[];
  readonly "x-headgate-rights": readonly string[];
  readonly parameters?: readonly {
    readonly name: string;
    readonly in: string;
    readonly required?: boolean;
    readonly description?: string;
    readonly schema: Schema;
  }[];
  readonly requestBody?: Media;
  readonly responses: Readonly<Record<string, Media & { readonly description: string }>>;
}

interface Document {
  readonly info: { readonly description: string };
  readonly tags: ShownDocument["tags"];
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}

/** `document`: as it is served at /v1/openapi.json. */
export function toShownDocument(document: unknown): ShownDocument {
  const { info, tags, paths, components } = document as Document;
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => toShown(method.toUpperCase(), path, operation)),
  );
  return { description: info.description, tags, operations, schemas: Object.entries(components.schemas) };
}

function toShown(method: string, path: string, operation: Operation): ShownOperation {
  const { operationId, summary, tags, parameters = [], requestBody, responses } = operation;
  const bodies = Object.entries(requestBody?.content ?? {});
  const [first] = bodies;
  return {
    id: operationId,
    method,
    path,
    tag: tags[0] ?? "",
    summary,
    rights: operation["x-headgate-rights"],
    parameters: parameters.map(({ name, in: place, required, description, schema }) => ({
      name,
      in: place,
      isRequired: required === true,
      type: toTypeText(schema),
      description: description ?? "",
    })),
    body:
      first === undefined
        ? undefined
        : { mediaTypes: bodies.map(([type]) => type), schema: toTypeText(first[1].schema) },
    answers: Object.entries(responses).map(([status, { description, content = {} }]) => {
      const [one] = Object.entries(content).filter(([type]) => type !== "application/problem+json");
      return { status, description, schema: one === undefined ? undefined : toTypeText(one[1].schema) };
    }),
  };
}

/** In a few words; the whole of it stands in the document. */
export function toTypeText(schema: Schema): string {
  const { $ref, items, anyOf, allOf } = schema;
  if ($ref !== undefined) return $ref.slice($ref.lastIndexOf("/") + 1);
  const parts = anyOf ?? allOf;
  if (parts !== undefined) return parts.map(toTypeText).join(" or ");
  if (items !== undefined) return `list of ${toTypeText(items)}`;
  return toPlainText(schema);
}

function toPlainText({
  type,
  enum: values,
  minimum,
  maximum,
  default: byItself,
  properties,
}: Schema): string {
  const names = Object.keys(properties ?? {});
  const what =
    values?.map(String).join(", ") ??
    (names.length > 0 ? `object of ${names.join(", ")}` : [type ?? "anything"].flat().join(" or "));
  const range =
    minimum === undefined || maximum === undefined ? "" : `, ${String(minimum)} to ${String(maximum)}`;
  const isUnbounded = maximum !== undefined && maximum >= Number.MAX_SAFE_INTEGER;
  return `${what}${isUnbounded ? "" : range}${byItself === undefined ? "" : `, by itself ${String(byItself)}`}`;
}
