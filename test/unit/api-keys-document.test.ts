// What docs/api-keys.md says of roles and limits is what the program does.
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { ACCESS_VARIABLES } from "../../src/config/access-limits.js";
import { ROLES } from "../../src/domain/access.js";
import { DEFAULT_ACCESS_LIMITS } from "../../src/domain/access-limits.js";

const text = readFileSync(new URL("../../docs/api-keys.md", import.meta.url), "utf8").replace(/\s+/g, " ");

it("each role has the rights that it adds to the one before it", () => {
  let before: readonly string[] = [];
  for (const [role, rights] of Object.entries(ROLES)) {
    const told = new RegExp(`- \\*\\*${role}\\*\\*: (.*?)\\. `).exec(text)?.[1] ?? "";
    const named = [...told.matchAll(/`([a-z-]+)` \(/g)].map(([, right]) => right);
    expect({ role, named }).toEqual({ role, named: rights.filter((right) => !before.includes(right)) });
    before = rights;
  }
});

it("each limit is there, with its default and its variable", () => {
  const { requestsPerSecond, failedLoginsPerMinute, tokensPerMinute } = DEFAULT_ACCESS_LIMITS;
  expect(text).toContain(`- ${String(requestsPerSecond)} requests a second`);
  expect(text).toContain(`- ${String(failedLoginsPerMinute)} failed log-ins a minute`);
  expect(text).toContain(`- ${String(tokensPerMinute)} tokens a minute`);
  for (const { name } of Object.values(ACCESS_VARIABLES)) expect(text).toContain(`(\`${name}\`)`);
});
