// What must hold of every policy, whatever is written: merging, differences and sources are three tellings of one rule.
import fc from "fast-check";
import { expect, it } from "vitest";
import { toCanonicalPolicy } from "../../../src/domain/policy.js";
import type { Policy } from "../../../src/domain/policy.js";
import { ABSENT, inFileOrder, policyChanges, policyFields } from "../../../src/policy-file/diff.js";
import { toPolicy } from "../../../src/policy-file/merge.js";
import { policySources } from "../../../src/policy-file/sources.js";
import { someFields, toWritten } from "./written-fields.js";

const somePolicy = fc.tuple(someFields, someFields).map(([defaults, own]) => toPolicy(defaults, own));

/** The same with its keys in another order, as Postgres sorts those of JSONB. */
function shuffle(policy: Policy): Policy {
  const turn = (value: unknown): unknown =>
    value !== null && typeof value === "object" && !Array.isArray(value)
      ? Object.fromEntries(
          Object.entries(value)
            .reverse()
            .map(([key, field]) => [key, turn(field)]),
        )
      : value;
  return turn(policy) as Policy;
}

it("a policy that is written out in full is the same under any defaults, but for a start option it leaves out", () => {
  fc.assert(
    fc.property(someFields, somePolicy, (defaults, policy) => {
      const others = { ...defaults, start: {} };
      expect(policyChanges(policy, toPolicy(others, toWritten(policy)))).toEqual([]);
    }),
  );
});

it("an option to start with comes from the processor, else from the defaults, else from nowhere", () => {
  fc.assert(
    fc.property(someFields, someFields, (defaults, own) => {
      expect(toPolicy(defaults, own).start).toEqual({ ...defaults.start, ...own.start });
    }),
  );
});

it("a processor without a word is what its defaults would be as a processor of their own", () => {
  fc.assert(
    fc.property(someFields, (fields) => {
      expect(toPolicy(fields, {})).toEqual(toPolicy({}, { ...fields, restart: fields.restart ?? undefined }));
    }),
  );
});

it("two policies differ for people exactly if they differ for the store", () => {
  fc.assert(
    fc.property(somePolicy, somePolicy, (one, other) => {
      const isSame = toCanonicalPolicy(one) === toCanonicalPolicy(other);
      expect(policyChanges(one, other).length === 0).toBe(isSame);
    }),
  );
});

it("the way through the database changes nothing, to people as to the store", () => {
  fc.assert(
    fc.property(somePolicy, (policy) => {
      const stored = shuffle(JSON.parse(JSON.stringify(policy)) as Policy);
      expect(policyChanges(policy, stored)).toEqual([]);
      expect(toCanonicalPolicy(stored)).toBe(toCanonicalPolicy(policy));
      const told = policyChanges(undefined, policy);
      expect(policyChanges(undefined, stored)).toEqual(told);
    }),
  );
});

it("the changes from one policy to another, made to the fields of the first, are the fields of the other", () => {
  fc.assert(
    fc.property(somePolicy, somePolicy, (before, after) => {
      const fields = new Map(policyFields(before));
      for (const { path, before: old, after: young } of policyChanges(before, after)) {
        expect(old).toBe(fields.get(path) ?? ABSENT);
        if (young === ABSENT) fields.delete(path);
        else fields.set(path, young);
      }
      expect(Object.fromEntries(fields)).toEqual(Object.fromEntries(policyFields(after)));
    }),
  );
});

it("the way back names the same fields with both sides turned", () => {
  fc.assert(
    fc.property(somePolicy, somePolicy, (before, after) => {
      const turned = policyChanges(after, before).map(({ path, before: old, after: young }) => ({
        path,
        before: young,
        after: old,
      }));
      expect(turned).toEqual(policyChanges(before, after));
    }),
  );
});

it("every field has a place of its own in the order of the file", () => {
  const whole = toPolicy(
    {},
    {
      start: { tier: "SP10", resumeFromCheckpoint: false, startAtOperationTime: "2026-05-04T09:42:00Z" },
      restart: { cron: "0 3 * * *", train: "nightly" },
      gateway: { stop: "suspend" },
      concurrencyKey: "kafka-eu",
      recovery: {
        respectManualStop: "4h",
        oplogWindow: "24h",
        proof: {},
        rules: [{ code: 7, class: "connection" }],
        classes: { "out-of-memory": { ceiling: "SP30" }, connection: { action: "wait" } },
      },
    },
  );
  const paths = [...policyFields(whole).keys()];
  expect(inFileOrder([...paths].reverse())).toEqual(inFileOrder(paths));
  // A path that the order does not know would stand before all others.
  expect(inFileOrder([...paths, "unheard-of"])[0]).toBe("unheard-of");
  expect(inFileOrder(paths)[0]).toBe("state");
});

it("a value has the source whose change would change it", () => {
  fc.assert(
    fc.property(someFields, someFields, (defaults, own) => {
      const policy = toPolicy(defaults, own);
      const byOwn = policyFields(toPolicy({}, own));
      const byNobody = policyFields(toPolicy({}, {}));
      for (const { path, value, from } of policySources(policy, { defaults, own })) {
        if (path === "recovery.backoff.max") continue;
        if (from === "processor" && path !== "restart")
          expect([path, byOwn.get(path) ?? value]).toEqual([path, value]);
        if (from === "headgate" && byNobody.has(path))
          expect([path, value]).toEqual([path, byNobody.get(path)]);
      }
    }),
  );
});

it("shows exactly the fields of the policy, and what Headgate does without a tier or a schedule", () => {
  fc.assert(
    fc.property(someFields, someFields, (defaults, own) => {
      const policy = toPolicy(defaults, own);
      const shown = policySources(policy, { defaults, own });
      const absent = [
        ...(policy.start.tier === undefined ? ["start.tier"] : []),
        ...(policy.restart === undefined ? ["restart"] : []),
      ];
      const expected = [...policyFields(policy).keys(), ...absent];
      expect(shown.map(({ path }) => path)).toEqual(inFileOrder(expected));
      expect(shown.filter(({ value }) => value === ABSENT).map(({ path }) => path)).toEqual(
        inFileOrder(absent),
      );
    }),
  );
});

it("without a record of the file every source is unknown, and the values are the same", () => {
  fc.assert(
    fc.property(someFields, (own) => {
      const policy = toPolicy({}, own);
      const known = policySources(policy, { defaults: {}, own });
      const unknown = policySources(policy, null);
      expect(unknown).toEqual(known.map((field) => ({ ...field, from: "unknown" })));
    }),
  );
});
