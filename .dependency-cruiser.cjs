// The rooms of design.md section 8 and the doors between them. Where the layout and this file differ, the layout stands.
// Tried on a skeleton with dependency-cruiser 17 (Node 20) and TypeScript 5.9 and 6.0; under TypeScript 7 it no longer sees type-only imports.
const npm = (...names) => `node_modules/(${names.join("|")})/`;
const err = (name, from, to, comment) => ({ name, severity: "error", comment, from, to });
const base = "^src/base/"; // known to all but the domain
const room = (name, mayImport, options = {}) =>
  err(
    `${name}-doors`,
    { path: `^src/${name}/` },
    { path: "^(src|workflows|activities)/", pathNot: [`^src/${name}/`, base, ...mayImport], ...options },
  );

module.exports = {
  forbidden: [
    err("no-circular", {}, { circular: true }),
    { ...err("no-circle-of-folders", {}, { circular: true }), scope: "folder" },
    err("no-orphans", { orphan: true, path: "^(src|workflows|activities)/" }, {}),

    err(
      "domain-imports-only-domain",
      { path: "^src/domain/", pathNot: "^src/domain/decide/(schedule|zone-rules)[.]ts$" },
      { pathNot: "^src/domain/" },
    ),
    err(
      "schedule-may-use-a-cron-library",
      { path: "^src/domain/decide/schedule[.]ts$" },
      { pathNot: ["^src/domain/", npm("croner", "cron-parser")] },
    ),
    err(
      "zone-rules-may-use-a-library-of-them",
      { path: "^src/domain/decide/zone-rules[.]ts$" },
      { pathNot: ["^src/domain/", npm("moment-timezone"), "^(node:)?(module|process)$"] },
    ),
    room("atlas", ["^src/domain/"]),
    room("store", ["^src/domain/"]),
    room("temporal", ["^src/domain/", "^activities/contract[.]ts$"]),
    room("notify", ["^src/domain/"]),
    room("policy-file", ["^src/domain/"]),
    room("base", ["^src/domain/(error-codes|tell/metrics)[.]ts$"]),
    room("config", ["^src/domain/"]),
    room("calls", ["^src/domain/", "^src/(atlas|store)/"]),
    room("app", ["^src/(domain|store|temporal|atlas|notify|policy-file|calls)/"]),
    room("cli", ["^src/(app|domain|policy-file)/"]),
    room("http", ["^src/(app|domain|policy-file)/"]),
    room("sim", [], { path: "^(src|workflows|activities)/" }),
    room("dev", ["^src/(app|sim|temporal|store|domain|policy-file)/"]),

    err(
      "workflow-values",
      { path: "^workflows/" },
      {
        pathNot: ["^workflows/", "^src/domain/", npm("@temporalio/workflow", "@temporalio/common")],
        dependencyTypesNot: ["type-only"],
      },
    ),
    err(
      "workflow-types",
      { path: "^workflows/" },
      {
        pathNot: [
          "^workflows/",
          "^src/domain/",
          "^activities/contract[.]ts$",
          npm("@temporalio/workflow", "@temporalio/common"),
        ],
      },
    ),
    err(
      "sandbox-closure",
      { path: "^workflows/" },
      {
        path: `${npm("zod", "pg", "undici", "@temporalio/(client|worker|activity|testing)")}|^(node:)?(fs|crypto|path|os|http|net|timers)`,
        reachable: true,
      },
    ),
    err(
      "activities-get-adapters-by-argument",
      { path: "^activities/" },
      {
        path: "^(src|workflows)/",
        pathNot: ["^src/domain/", "^src/calls/", base],
        dependencyTypesNot: ["type-only"],
      },
    ),

    err(
      "calls-get-adapters-by-argument",
      { path: "^src/calls/" },
      {
        path: "^(src|workflows|activities)/",
        pathNot: ["^src/domain/", base],
        dependencyTypesNot: ["type-only"],
      },
    ),

    err(
      "one-door-for-temporal-client",
      { pathNot: "^(src/(temporal|bin)/|test/|bench/)" },
      { path: npm("@temporalio/client") },
    ),
    err(
      "adapters-do-not-know-temporal",
      { path: "^src/(domain|atlas|store|policy-file|app|cli|sim)/" },
      { path: npm("@temporalio/[^/]+") },
    ),
    err(
      "one-door-for-http",
      { pathNot: "^(src/(atlas|notify)/|test/|bench/scripts/)" },
      { path: npm("undici") },
    ),
    err("one-door-for-sql", { pathNot: "^(src/store/|test/|bench/scripts/)" }, { path: npm("pg") }),
    err("entrypoints-are-leaves", { pathNot: "^(test|src/bin)/" }, { path: "^src/bin/" }),
    err(
      "scripts-of-the-bench-know-nothing-of-headgate",
      { path: "^bench/scripts/" },
      { path: "^(src|activities|workflows)/" },
    ),
    err("no-prod-to-test", { pathNot: "^test/" }, { path: "^test/" }),
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    doNotFollow: { path: "node_modules" },
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["import", "require", "node", "default", "types"],
    },
  },
};
