// The use cases for a server in a test, on a test's Postgres, with neither Temporal nor Atlas.
import type { AppDeps } from "../../src/app/deps.js";
import { AppError } from "../../src/base/errors.js";
import { createLogger } from "../../src/base/logger.js";
import { DEFAULT_SETTINGS } from "../../src/domain/settings.js";

export function anApp(store: AppDeps["store"]): AppDeps {
  const away = (code: "temporal.unavailable" | "config.invalid") => (): Promise<never> =>
    Promise.reject(new AppError(code, "not there in this test"));
  return {
    store,
    runs: away("temporal.unavailable"),
    atlas: away("config.invalid"),
    settings: DEFAULT_SETTINGS,
    actor: "server",
    log: createLogger("silent"),
  };
}
