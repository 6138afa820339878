// `get`: what is declared, seen and done, as stored. Rows are read and printed a page at a time; what narrows or orders
// them is asked of the database. The nouns are in files of their own.
import { Command } from "commander";
import type { AppDeps } from "../../../app/deps.js";
import type * as PageListing from "../../../app/look/page-listing.js";
import { PARTS } from "../../../domain/tell/listing.js";
import type { CliContext } from "../../terminal/context.js";
import { budgets } from "../../get/budgets.js";
import { changes } from "../../get/changes.js";
import { journal } from "../../get/journal.js";
import { notifications } from "../../get/notifications.js";
import type { Noun, PageQuery } from "../../get/noun.js";
import { policies } from "../../get/policies.js";
import { processors } from "../../get/processors.js";
import type { GetFlags } from "../../get/query.js";
import { formatConditions, takingQuery, toFailureClass, toNext, toQuery } from "../../get/query.js";
import { schedules } from "../../get/schedules.js";
import { incidents } from "../../get/incidents.js";
import { suspensions } from "../../get/suspensions.js";
import { projects, workspaces } from "../../get/workspaces.js";
import { printListing } from "../../terminal/output.js";
import { tellingOutages, watchPages } from "../../terminal/watch.js";

// Each noun is a Noun<Row> of a row type of its own, so they are added one by one: a list of them would have one type
// for all rows.
export function createGet(context: CliContext): Command {
  return new Command("get")
    .description("show what is stored")
    .addCommand(createNoun(context, policies))
    .addCommand(createProcessors(context))
    .addCommand(createNoun(context, workspaces))
    .addCommand(createNoun(context, projects))
    .addCommand(createNoun(context, changes))
    .addCommand(createNoun(context, journal))
    .addCommand(createNoun(context, notifications))
    .addCommand(createNoun(context, suspensions))
    .addCommand(createNoun(context, incidents))
    .addCommand(createNoun(context, budgets))
    .addCommand(createSchedules(context));
}

function createProcessors(context: CliContext): Command {
  const words = "only what has failed, of any of these classes: docs/recovery.md lists them";
  return createNoun(context, processors).option("--class <name...>", words, toFailureClass);
}

function createSchedules(context: CliContext): Command {
  return createNoun(context, schedules).option("--next <n>", "how many slots of each", toNext, 1);
}

function createNoun<Row>(context: CliContext, noun: Noun<Row>): Command {
  const examples = ["", ...noun.examples].map((options) =>
    `  $ headgate get ${noun.name} ${options}`.trimEnd(),
  );
  return takingQuery(new Command(noun.name), noun.name)
    .description(noun.description)
    .addHelpText(
      "after",
      `\nConditions:\n${formatConditions(noun.name)}\n\nExamples:\n${examples.join("\n")}`,
    )
    .action(async (words: readonly string[], flags: GetFlags) => {
      // A name is printed once, however many slots it has.
      const next = flags.output === "name" ? 1 : (flags.next ?? 1);
      const query = { ...toQuery(words, flags), next };
      const app = await context.app();
      const { refuseUnknownNames } = await import("../../../app/unknown-names.js");
      // A name that nothing has would print an empty table, which reads as "all is well".
      await refuseUnknownNames(app, query.selectors ?? [], PARTS[noun.name]);
      await show(context, {
        noun,
        flags,
        query,
        app,
        from: await import("../../../app/look/page-listing.js"),
      });
    });
}

/** One command line of `get`, with what it needs. */
interface Show<Row> {
  readonly noun: Noun<Row>;
  readonly flags: GetFlags;
  readonly query: PageQuery;
  readonly app: AppDeps;
  readonly from: typeof PageListing;
}

async function show<Row>(context: CliContext, shown: Show<Row>): Promise<void> {
  const { noun, flags, query, app, from } = shown;
  const { getClock } = await import("../../../app/look/get.js");
  // The database's time at the look a row came from: ages must not depend on this machine's clock.
  let now = 0;
  async function* look(): AsyncGenerator<readonly Row[], void, undefined> {
    now = await getClock(app);
    yield* noun.pages(from)(app, query);
  }
  await printListing(context.terminal, flags.output, {
    pages: flags.watch ? watch(context, shown, look) : look(),
    columns: noun.columns(() => now),
    name: noun.label,
    empty: `No ${noun.name}.`,
    // What goes on has no end to close: each row is a document then.
    isEndless: flags.watch,
  });
}

/** Far shorter than the time between passes, and a look is one SELECT. The help says this number. */
const EVERY_MS = 2_000;

/** Looks again and again at the same query; a row that is listed no more is named on stderr, for it is no data. */
function watch<Row>(
  { terminal, interruption }: CliContext,
  { noun, query }: Show<Row>,
  look: () => AsyncIterable<readonly Row[]>,
): AsyncIterable<readonly Row[]> {
  return watchPages({
    look,
    // A schedule has several rows of one name: what a row is known by need not be what it is called.
    key: noun.key ?? noun.label,
    // Of a row only what is not moved by every pass: else each look would print the whole fleet.
    steady: noun.steady,
    everyMs: EVERY_MS,
    signal: interruption(),
    ...tellingOutages(terminal),
    onEnd: ({ isFirst, count, gone }) => {
      if (isFirst && count === 0) terminal.note(`No ${noun.name} yet.`);
      // Where the limit is reached, a row may have made room for another.
      if (count < (query.limit ?? Infinity)) for (const key of gone) terminal.note(`${key}: listed no more`);
    },
  });
}
