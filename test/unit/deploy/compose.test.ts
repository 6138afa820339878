// docker-compose.yml against the rules of Compose that a mistake breaks, against what each image reads, and against
// Headgate itself: its configuration, its profile of Temporal and its command line are loaded with what the file sets.
import { existsSync } from "node:fs";
import { expect, it } from "vitest";
import { createProgram } from "../../../src/cli/program.js";
import type { CliContext } from "../../../src/cli/terminal/context.js";
import { CONFIG_VARIABLES } from "../../../src/config/variables.js";
import { loadConfig } from "../../../src/config/config.js";
import { loadTemporalProfile } from "../../../src/temporal/profile.js";
import { COMPOSE_TEXT, ROOT, loadCompose, readEnvExample, readProjectFile } from "./compose-file.js";
import type { Service } from "./compose-file.js";

const COMPOSE = loadCompose();
const SERVICES = Object.entries(COMPOSE.services).map(([name, service]) => ({ name, service }));
const HEADGATE = SERVICES.filter(({ service }) => service.image.startsWith("headgate:"));
const NAMES = SERVICES.map(({ name }) => name);

function serviceOf(name: string): Service {
  const service = COMPOSE.services[name];
  if (service === undefined) throw new Error(`no service ${name}`);
  return service;
}

it("has the services of one host", () => {
  expect(NAMES).toEqual([
    ...["postgres", "databases", "temporal-schema", "temporal", "temporal-namespace", "temporal-ui"],
    ...["migrate", "worker", "server"],
  ]);
});

it.each(SERVICES)(
  "$name waits for services that come before it and can be waited for",
  ({ name, service }) => {
    for (const [target, { condition }] of Object.entries(service.depends_on)) {
      expect(NAMES.slice(0, NAMES.indexOf(name)), `${name} -> ${target}`).toContain(target);
      const { healthcheck, restart } = serviceOf(target);
      if (condition === "service_healthy") expect(healthcheck, target).toBeDefined();
      else expect(restart, `${target} is a job`).toBe("no");
    }
  },
);

it.each(SERVICES)(
  "$name mounts files of the project, read-only, or a volume that is declared",
  ({ service }) => {
    for (const volume of service.volumes) {
      const [source = "", target, mode] = volume.split(":");
      expect(target, volume).toMatch(/^\//);
      if (!source.startsWith("./")) {
        expect(Object.keys(COMPOSE.volumes), volume).toContain(source);
        continue;
      }
      expect(existsSync(`${ROOT}${source.slice(2)}`), volume).toBe(true);
      expect(mode, volume).toBe("ro");
    }
  },
);

it.each(SERVICES)(
  "$name starts a script that it mounts, with the secrets that the script reads",
  ({ service }) => {
    const script = service.entrypoint?.find((word) => word.startsWith("/deploy/"));
    if (script === undefined) return;
    expect(service.volumes).toContain(`.${script}:${script}:ro`);
    const read = readProjectFile(script.slice(1)).matchAll(/(?:run\/secrets\}|\$secrets)\/(\w+)/g);
    expect([...read].map(([, secret]) => secret).sort()).toEqual([...service.secrets].sort());
  },
);

it("declares the secrets and volumes it uses, no more, each secret a file that git ignores", () => {
  const used = new Set(SERVICES.flatMap(({ service }) => service.secrets));
  expect(Object.keys(COMPOSE.secrets).sort()).toEqual([...used].sort());
  for (const [name, { file }] of Object.entries(COMPOSE.secrets)) {
    expect(file).toBe(`./deploy/secrets/${name}`);
  }
  expect(readProjectFile("deploy/secrets/.gitignore")).toBe("*\n!.gitignore\n");
  const volumes = SERVICES.flatMap(({ service }) => service.volumes.map((one) => one.split(":")[0]));
  for (const name of Object.keys(COMPOSE.volumes)) expect(volumes).toContain(name);
});

it.each(SERVICES)("$name publishes on loopback only, from a pinned image", ({ service }) => {
  for (const port of service.ports) expect(port).toMatch(/^127\.0\.0\.1:\d+:\d+$/);
  expect(service.image).toMatch(/^[\w/-]+:\d+\.\d+(\.\d+)?(-[\w.]+)?$/);
});

it("uses each database image in one version", () => {
  const images = new Set(SERVICES.map(({ service }) => service.image));
  const names = [...images].map((image) => image.split(":")[0]);
  expect(new Set(names).size).toBe(names.length);
  const tag = (name: string): string | undefined => serviceOf(name).image.split(":")[1];
  expect(tag("temporal-schema")).toBe(tag("temporal"));
});

it("gives every ${VARIABLE} the default that .env.example shows, and shows no other", () => {
  const used = new Map<string, string>();
  for (const [whole, name, fallback] of COMPOSE_TEXT.matchAll(/\$\{(\w+)(?::-([^}]*))?\}/g)) {
    if (name === undefined || fallback === undefined) throw new Error(`${whole} has no default`);
    expect(used.get(name) ?? fallback, name).toBe(fallback);
    used.set(name, fallback);
  }
  expect([...used].sort()).toEqual([...readEnvExample()].sort());
  expect(COMPOSE_TEXT.replaceAll(/\$\{\w+:-[^}]*\}/g, "")).not.toContain("$");
  const { version } = JSON.parse(readProjectFile("package.json")) as { version: string };
  expect(used.get("HEADGATE_VERSION")).toBe(version);
});

it("carries no secret: each is a file that the service is given", () => {
  const isSecret = /PASSWORD|PWD|SECRET|TOKEN|(?<!CAP_PER_)KEY|CLIENT_ID|DATABASE_URL/;
  for (const { name, service } of SERVICES) {
    for (const [variable, value] of Object.entries(service.environment).filter(([key]) =>
      isSecret.test(key),
    )) {
      expect(variable, name).toMatch(/_FILE$/);
      expect(
        service.secrets.map((secret) => `/run/secrets/${secret}`),
        name,
      ).toContain(value);
    }
    expect(JSON.stringify(service)).not.toMatch(/:\/\/[^"@/]*:[^"@/]*@/);
  }
  for (const variable of readEnvExample().keys()) expect(variable).not.toMatch(isSecret);
});

/** What each image reads: temporal-facts 7 (server's template, temporal-sql-tool, CLI), the UI's docker.yaml, libpq. */
const READ_BY: Readonly<Record<string, readonly string[]>> = {
  postgres: ["POSTGRES_PASSWORD_FILE", "POSTGRES_INITDB_ARGS"],
  databases: ["PGHOST", "PGUSER"],
  "temporal-schema": ["SQL_PLUGIN", "SQL_HOST", "SQL_PORT", "SQL_USER"],
  temporal: [
    ...["DB", "POSTGRES_SEEDS", "DB_PORT", "POSTGRES_USER", "DBNAME", "VISIBILITY_DBNAME", "LOG_LEVEL"],
    ...["NUM_HISTORY_SHARDS", "BIND_ON_IP", "TEMPORAL_BROADCAST_ADDRESS", "TEMPORAL_ALLOW_NO_AUTH"],
    "DYNAMIC_CONFIG_FILE_PATH",
  ],
  "temporal-namespace": ["TEMPORAL_ADDRESS", "TEMPORAL_NAMESPACE"],
  "temporal-ui": [
    ...["TEMPORAL_ADDRESS", "TEMPORAL_DEFAULT_NAMESPACE", "TEMPORAL_CORS_ORIGINS"],
    "TEMPORAL_NOTIFY_ON_NEW_VERSION",
  ],
};

it.each(Object.entries(READ_BY))("sets for %s what its image reads", (name, known) => {
  expect(Object.keys(serviceOf(name).environment).filter((variable) => !known.includes(variable))).toEqual(
    [],
  );
});

it("mounts the dynamic configuration where Temporal is told to read it: without it the server ends", () => {
  const { volumes, environment } = serviceOf("temporal");
  const path = environment["DYNAMIC_CONFIG_FILE_PATH"] ?? "";
  expect(volumes).toContain(`./deploy/dynamicconfig.yaml:${path}:ro`);
});

it("speaks of the same databases, roles and namespace everywhere", () => {
  const { environment } = serviceOf("temporal");
  const script = readProjectFile("deploy/postgres-init.sh");
  for (const name of [environment["DBNAME"], environment["VISIBILITY_DBNAME"]]) {
    expect(script).toContain(`('${name ?? ""}', '${environment["POSTGRES_USER"] ?? ""}')`);
    expect(readProjectFile("deploy/temporal-schema.sh")).toContain(`${name ?? ""}:`);
  }
  const namespace = serviceOf("temporal-namespace").environment["TEMPORAL_NAMESPACE"];
  expect(serviceOf("temporal-ui").environment["TEMPORAL_DEFAULT_NAMESPACE"]).toBe(namespace);
  expect(serviceOf("worker").environment["TEMPORAL_NAMESPACE"]).toBe(namespace);
});

function setBy({ environment }: Service): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(environment).filter((entry): entry is [string, string] => entry[1] !== null),
  );
}

it.each(HEADGATE)(
  "$name sets variables that Headgate, OpenTelemetry or Temporal's profile reads",
  ({ service }) => {
    const known = CONFIG_VARIABLES.map(({ name }) => name);
    const others = Object.keys(service.environment).filter((name) => !known.includes(name));
    expect(
      others.filter((name) => !/^(TEMPORAL_ADDRESS|TEMPORAL_NAMESPACE|OTEL_[A-Z_]+)$/.test(name)),
    ).toEqual([]);
  },
);

it.each(HEADGATE)("$name is a configuration without a fault, and can reach its database", ({ service }) => {
  const read: string[] = [];
  const config = loadConfig({
    env: setBy(service),
    readFile: (path) => {
      read.push(path.replace("/run/secrets/", ""));
      return `postgres://db/content-of-${path}\n`;
    },
  });
  expect(config.databaseUrl?.reveal()).toBe("postgres://db/content-of-/run/secrets/database_url");
  expect(read.sort()).toEqual([...service.secrets].sort());
});

it("gives the worker credentials of Atlas and the address of Temporal", () => {
  const env = setBy(serviceOf("worker"));
  const { atlas } = loadConfig({ env, readFile: () => "postgres://db/content" });
  expect(atlas.credentials?.kind).toBe("service-account");
  expect(loadTemporalProfile(env)).toMatchObject({ address: "temporal:7233", namespace: "headgate" });
});

it("hands every setting of .env to the worker", () => {
  const handed = Object.keys(serviceOf("worker").environment);
  const settings = CONFIG_VARIABLES.filter(({ isSecret, name }) => !isSecret && !name.endsWith("_FILE"));
  expect(settings.map(({ name }) => name).filter((name) => !handed.includes(name))).toEqual([]);
});

it.each(HEADGATE)("$name runs a verb of the command line, under an image built here", ({ service }) => {
  // Verbs are only listed, none is run: nothing of the context is called.
  const context = { version: "0.0.0" } as unknown as CliContext;
  const verbs = createProgram(context, () => undefined).commands.map((verb) => verb.name());
  expect(verbs).toContain(service.command?.[0]);
  expect(service.build).toBe(".");
  expect(service.entrypoint).toBeUndefined();
});

it.each(["postgres", "temporal", "temporal-ui", "worker", "server"])(
  "keeps %s running, within a bound of memory",
  (name) => {
    const { restart, mem_limit: limit } = serviceOf(name);
    expect(restart).toBe("unless-stopped");
    expect(limit).toBeDefined();
  },
);
