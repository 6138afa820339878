// The least that shows a fleet: one connection, one query, one line each. The database's URL comes on standard input.
import { readFileSync } from "node:fs";
import pg from "pg";

interface Row {
  readonly workspace: string;
  readonly processor: string;
  readonly declared: string;
  readonly state: string | null;
}

const client = new pg.Client({ connectionString: readFileSync(0, "utf8") });
await client.connect();
const { rows } = await client.query<Row>(
  `select workspace, processor, p.state as declared, s.state from start_policies p
   left join processor_status s using (project, workspace, processor) order by 1, 2`,
);
for (const { workspace, processor, declared, state } of rows) {
  process.stdout.write(`${workspace} ${processor} ${declared} ${state ?? "-"}\n`);
}
await client.end();
