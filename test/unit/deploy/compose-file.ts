// The deployment's files as data: docker-compose.yml in the part of the Compose format that it uses, with Compose's own
// interpolation, and .env.example. Strict, so that a misspelt key is a fault. It judges nothing else.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";
import { z } from "zod";

export const ROOT = fileURLToPath(new URL("../../..", import.meta.url));

/** A file of the project as text; throws where there is none. */
export function readProjectFile(path: string): string {
  return readFileSync(`${ROOT}${path}`, "utf8");
}

const words = z.array(z.string());
const span = z.string().regex(/^\d+s$/);
const LOGGING = z.strictObject({ driver: z.literal("local"), options: z.record(z.string(), z.string()) });
const SERVICE = z.strictObject({
  image: z.string(),
  build: z.literal(".").optional(),
  entrypoint: words.optional(),
  command: words.optional(),
  // Strings only: Compose refuses booleans here. Null: as outside, or absent.
  environment: z.record(z.string(), z.string().nullable()).default({}),
  secrets: words.default([]),
  volumes: words.default([]),
  ports: words.default([]),
  healthcheck: z
    .strictObject({ test: words, interval: span, timeout: span, retries: z.int().positive() })
    .optional(),
  depends_on: z
    .record(
      z.string(),
      z.strictObject({ condition: z.enum(["service_healthy", "service_completed_successfully"]) }),
    )
    .default({}),
  restart: z.enum(["no", "unless-stopped"]),
  logging: LOGGING,
  mem_limit: z
    .string()
    .regex(/^\d+[mg]$/)
    .optional(),
  stop_grace_period: span.optional(),
  read_only: z.boolean().optional(),
  tmpfs: words.optional(),
  cap_drop: words.optional(),
  security_opt: words.optional(),
});
const COMPOSE = z.strictObject({
  name: z.string(),
  services: z.record(z.string(), SERVICE),
  volumes: z.record(z.string(), z.null()),
  secrets: z.record(z.string(), z.strictObject({ file: z.string() })),
});

export type Service = z.infer<typeof SERVICE>;
type Compose = z.infer<typeof COMPOSE>;

export const COMPOSE_TEXT = readProjectFile("docker-compose.yml");

/** docker-compose.yml as Compose sees it without a .env; throws naming the key that is not known or not right. */
export function loadCompose(): Compose {
  const text = COMPOSE_TEXT.replaceAll(/\$\{(\w+):-([^}]*)\}/g, "$2");
  const document = parse(text, { merge: true }) as Readonly<Record<string, unknown>>;
  return COMPOSE.parse(Object.fromEntries(Object.entries(document).filter(([key]) => !key.startsWith("x-"))));
}

/** What .env.example sets. */
export function readEnvExample(): ReadonlyMap<string, string> {
  const lines = readProjectFile(".env.example").split("\n");
  return new Map(
    lines
      .filter((line) => /^\w+=/.test(line))
      .map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]),
  );
}
