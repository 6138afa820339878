// The Atlas client as the programs build it from their environment: who it says it is, on every request.
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { openAtlas } from "../../src/bin/atlas-client.js";
import { readConfig } from "../../src/bin/wiring.js";
import {
  CLIENT_SECRET,
  PROCESSOR,
  TOKEN,
  aProcessor,
  onStage,
  sendJson,
  within,
} from "./atlas/scripted-server.js";
import type { Turn } from "./atlas/scripted-server.js";

const { version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as {
  readonly version: string;
};

function play({ url, response }: Turn): void {
  if (url === "/api/oauth/token") sendJson(response, 200, { access_token: TOKEN, expires_in: 3600 });
  else sendJson(response, 200, aProcessor("clicks"));
}

it("calls Atlas in the name and version of this package, tokens, reads and writes alike", async () => {
  await onStage(
    play,
    async ({ seen, url }) => {
      const config = readConfig({
        MONGODB_ATLAS_BASE_URL: url,
        MONGODB_ATLAS_CLIENT_ID: "mdb_sa_id_1",
        MONGODB_ATLAS_CLIENT_SECRET: CLIENT_SECRET,
      });
      const atlas = openAtlas(config, () => undefined);
      await atlas.getProcessor(PROCESSOR, {});
      await atlas.stop(PROCESSOR, within(5_000));
      await atlas.close();
      expect(seen.map(({ method }) => method)).toEqual(["POST", "GET", "POST"]);
      expect(seen.map(({ headers }) => headers["user-agent"])).toEqual(seen.map(() => `headgate/${version}`));
    },
    { ownTokens: true },
  );
});
