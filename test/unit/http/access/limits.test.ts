// Who is limited, for whose sake: callers by address and key, failed log-ins by address and name, and nobody locked out
// by others.
import { expect, it } from "vitest";
import { DEFAULT_ACCESS_LIMITS } from "../../../../src/domain/access-limits.js";
import { createLimits, toNetwork } from "../../../../src/http/access/limits.js";

const START = 1_000;
const aLimits = (fields = {}, now: () => number = () => START) =>
  createLimits({ ...DEFAULT_ACCESS_LIMITS, ...fields }, now);
const CI = { address: "10.0.0.1", name: "hdg_sa_id_1" };

/** How many pass before one has to wait. */
function count(take: () => number): number {
  let passed = 0;
  while (take() === 0) passed += 1;
  return passed;
}

it("gives a key 100 requests a second in bursts of 400, an address four times that, and a client ten tokens a minute", () => {
  const limits = aLimits();
  expect(count(() => limits.ofKey("k1"))).toBe(400);
  expect(limits.ofKey("k1")).toBe(1);
  expect(count(() => limits.ofKey("k2"))).toBe(400);
  expect(count(() => limits.request("10.0.0.1"))).toBe(1_600);
  expect(count(() => limits.request("127.0.0.1"))).toBe(1_600);
  expect(count(() => limits.token(CI))).toBe(10);
  expect(limits.token(CI)).toBe(6);
  expect(count(() => limits.token({ ...CI, name: "other" }))).toBe(10);
  expect(count(() => limits.token({ ...CI, address: "10.0.0.2" }))).toBe(10);
  expect(count(() => limits.revocation(CI))).toBe(10);
});

it("lets an address fail ten times a minute, whatever name it tries", () => {
  let now = START;
  const limits = aLimits({}, () => now);
  for (let i = 0; i < 10; i += 1) expect(limits.failed({ ...CI, name: `guess ${String(i)}` })).toBe(0);
  expect(limits.attempt({ ...CI, name: "another" })).toBe(6);
  expect(limits.failed(CI)).toBe(6);
  expect(limits.attempt({ address: "10.0.0.2", name: "another" })).toBe(0);
  now += 6_000;
  expect(limits.attempt(CI)).toBe(0);
});

it("lets a name be failed under a hundred times a minute, from whichever addresses", () => {
  const limits = aLimits();
  for (let i = 0; i < 100; i += 1) expect(limits.failed({ ...CI, address: `10.0.1.${String(i)}` })).toBe(0);
  expect(limits.attempt({ ...CI, address: "10.0.2.1" })).toBe(1);
  expect(limits.attempt({ address: "10.0.2.1", name: "another" })).toBe(0);
});

it("does not count failures without a name under a common one", () => {
  const limits = aLimits();
  for (let i = 0; i < 200; i += 1) limits.failed({ address: `10.0.1.${String(i)}`, name: "" });
  expect(limits.attempt({ address: "10.0.2.1", name: "" })).toBe(0);
});

it("keeps nobody out who has logged in from its address, until it fails itself", () => {
  const limits = aLimits();
  limits.succeeded(CI);
  for (let i = 0; i < 200; i += 1) limits.failed({ address: "10.0.0.1", name: "broken job" });
  for (let i = 0; i < 200; i += 1) limits.failed({ ...CI, address: `10.1.0.${String(i)}` });
  expect(limits.attempt(CI)).toBe(0);
  expect(limits.attempt({ ...CI, name: "new" })).toBeGreaterThan(0);
  expect(limits.failed(CI)).toBeGreaterThan(0);
  expect(limits.attempt(CI)).toBeGreaterThan(0);
});

it.each([
  { address: "10.0.0.1", network: "10.0.0.1" },
  { address: "::ffff:10.0.0.1", network: "10.0.0.1" },
  { address: "2001:db8:0:7:1:2:3:4", network: "2001:db8:0:7::/64" },
  { address: "2001:0DB8:0000:0007::9", network: "2001:db8:0:7::/64" },
  { address: "2001:db8:0:7::", network: "2001:db8:0:7::/64" },
  { address: "2001:db8::7:1:2:3:4", network: "2001:db8:0:7::/64" },
  { address: "2001:db8::1", network: "2001:db8:0:0::/64" },
  { address: "::1", network: "0:0:0:0::/64" },
  { address: "fe80::1%eth0", network: "fe80:0:0:0::/64" },
  { address: "64:ff9b::10.0.0.1", network: "64:ff9b:0:0::/64" },
  { address: "1:2:3:4:5::10.0.0.1", network: "1:2:3:4::/64" },
  { address: "unix", network: "unix" },
])("counts $address as $network", ({ address, network }) => {
  expect(toNetwork(address)).toBe(network);
});
