// The documents name files by their paths: each must be there, or a reader is sent to a room that does not exist.
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const root = fileURLToPath(new URL("../../", import.meta.url));
const documents = [
  "README.md",
  "ARCHITECTURE.md",
  ...readdirSync(`${root}docs`, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".md"))
    .map((name) => `docs/${name}`),
];
/** In backticks or a drawing; what goes on with a star is a pattern. */
const PATH =
  /(?<=[\s`(])(?:src|activities|workflows|migrations|test|bench|scripts|docs)\/[A-Za-z0-9/._-]*(?![A-Za-z0-9/._*-])/g;

it.each(documents)("every path that %s names is there", (name) => {
  const text = readFileSync(`${root}${name}`, "utf8");
  const paths = [...text.matchAll(PATH)].map(([path]) => path);
  expect(paths.filter((path) => !existsSync(`${root}${path.replace(/\.$/, "")}`))).toEqual([]);
});

it("finds the paths there are", () => {
  const text = readFileSync(`${root}ARCHITECTURE.md`, "utf8");
  expect([...text.matchAll(PATH)].length).toBeGreaterThan(30);
});

/** Without what stands in fences: that is as programs print it. */
function toProse(text: string): readonly string[] {
  let isCode = false;
  return text.split("\n").map((line) => {
    if (line.startsWith("```")) isCode = !isCode;
    return isCode ? "" : line;
  });
}

it.each(documents)(
  "no line of %s is over 120 columns outside code, and no cell of a table over 60",
  (name) => {
    const prose = toProse(readFileSync(`${root}${name}`, "utf8"));
    expect(prose.filter((line) => line.length > 120)).toEqual([]);
    const cells = prose.filter((line) => line.startsWith("|")).flatMap((line) => line.split(/(?<!\\)\|/));
    expect(cells.map((cell) => cell.trim()).filter((cell) => cell.length > 60)).toEqual([]);
  },
);

/** `src`, `activities`, `workflows`, `test` and what else is TypeScript. */
const sources = ["src", "activities", "workflows", "test", "scripts", "bench"].flatMap((folder) =>
  readdirSync(`${root}${folder}`, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .map((name) => `${folder}/${name}`),
);

it("no comment is wider than 120 columns", () => {
  expect(sources.length).toBeGreaterThan(400);
  const wide = sources.flatMap((name) =>
    readFileSync(`${root}${name}`, "utf8")
      .split("\n")
      .flatMap((line, index) =>
        line.length > 120 && /^\s*(\/\/|\/?\*)/.test(line) ? [`${name}:${String(index + 1)}`] : [],
      ),
  );
  expect(wide).toEqual([]);
});
