// A listing as it is printed: a page at a time and no faster than it is read, in each format, closed or endless; and
// the colours of what needs a person.
import { expect, it } from "vitest";
import { parse, parseAllDocuments } from "yaml";
import type { ProcessorListing } from "../../../src/app/look/page-listing.js";
import { processors } from "../../../src/cli/get/processors.js";
import type { PrintedListing, ListFormat } from "../../../src/cli/terminal/output.js";
import { printListing } from "../../../src/cli/terminal/output.js";
import { aTerminal } from "../../support/cli-context.js";

const LISTING: Omit<PrintedListing<{ readonly n: number }>, "pages"> = {
  columns: [{ title: "N", cell: ({ n }) => String(n) }],
  name: ({ n }) => `row-${String(n)}`,
  empty: "No rows.",
};

async function print(format: ListFormat, isEndless: boolean): Promise<string> {
  const { terminal, out } = aTerminal();
  await printListing(terminal, format, {
    ...LISTING,
    isEndless,
    pages: [[{ n: 1 }, { n: 2 }], [], [{ n: 3 }]],
  });
  return out.join("\n");
}

it("prints one array for programs where the listing ends", async () => {
  expect(JSON.parse(await print("json", false))).toEqual([{ n: 1 }, { n: 2 }, { n: 3 }]);
  expect(parse(await print("yaml", false))).toEqual([{ n: 1 }, { n: 2 }, { n: 3 }]);
  expect(await print("name", false)).toBe("row-1\nrow-2\nrow-3");
  expect(await print("table", false)).toBe("N\n1\n2\n3");
});

it("prints one document per row where it goes on", async () => {
  expect(await print("json", true)).toBe('{"n":1}\n{"n":2}\n{"n":3}');
  const documents = parseAllDocuments(await print("yaml", true)) as readonly { toJS(): unknown }[];
  expect(documents.map((one) => one.toJS())).toEqual([{ n: 1 }, { n: 2 }, { n: 3 }]);
  expect(await print("table", true)).toBe("N\n1\n2\n3");
});

it("closes nothing and calls nothing empty where it goes on", async () => {
  const { terminal, out, notes } = aTerminal();
  for (const format of ["table", "json", "yaml"] as const)
    await printListing(terminal, format, { ...LISTING, isEndless: true, pages: [] });
  expect({ out, notes }).toEqual({ out: [], notes: [] });
});

it("asks for a page when the one before was taken, and for none once the reader is gone", async () => {
  const { terminal, out } = aTerminal({ pagesTaken: 2 });
  let asked = 0;
  let isClosed = false;
  async function* pages(): AsyncGenerator<readonly { readonly n: number }[]> {
    try {
      while (asked < 5) {
        asked += 1;
        expect(out.join("\n").split("\n").length - 1).toBe(asked === 1 ? 0 : asked - 1);
        yield await Promise.resolve([{ n: asked }]);
      }
    } finally {
      isClosed = true;
    }
  }
  expect(await printListing(terminal, "table", { ...LISTING, pages: pages() })).toBe(2);
  expect({ asked, isClosed, text: out.join("\n") }).toEqual({ asked: 2, isClosed: true, text: "N\n1\n2" });
});

const PROCESSOR: ProcessorListing = {
  ref: { project: "32b6e34b3d91647abb20e7b8", workspace: "orders", processor: "clicks" },
  declaredState: "STARTED",
  declaredTier: "SP10",
  mode: "enforce",
  version: 1,
  state: "STARTED",
  stateBy: null,
  tier: "SP10",
  isAbsent: false,
  observedAt: 0,
  reasonCode: "as-declared",
  reason: "runs as declared",
  reasonSince: 0,
  attempts: 0,
  nextAttemptAt: null,
  suspendedBy: null,
  suspendedUntil: null,
  parkedWhy: null,
  barredUntil: null,
  failureClass: null,
  position: null,
  openChange: null,
  conditions: [],
};

interface ToneCase {
  readonly fields: Partial<ProcessorListing>;
  readonly shows: string;
}

it.each<ToneCase>([
  { fields: {}, shows: "STARTED SP10  <good>STARTED SP10</>  60s ago  runs as declared" },
  {
    fields: { state: "FAILED", reasonCode: "parked", reason: "gave up" },
    shows: "<bad>FAILED SP10</>  60s ago  <bad>gave up</>",
  },
  {
    fields: { state: "PROVISIONING", reasonCode: "in-transition", reason: "waiting" },
    shows: "<busy>PROVISIONING SP10</>  60s ago  <busy>waiting</>",
  },
  {
    fields: { isAbsent: true, reasonCode: "missing", reason: "declared, but not in Atlas" },
    shows: "<bad>absent  </>  60s ago  <bad>declared",
  },
  {
    fields: { state: null, tier: null, reason: null, reasonCode: null, reasonSince: null },
    shows: "-         -      <quiet>not observed yet</>",
  },
])("colours a processor: $shows", async ({ fields, shows }) => {
  const { terminal, out } = aTerminal();
  await printListing(terminal, "table", {
    pages: [[{ ...PROCESSOR, ...fields }]],
    columns: processors.columns(() => 60_000),
    name: processors.label,
    empty: "",
  });
  expect(out.join("\n")).toContain(shows);
});
