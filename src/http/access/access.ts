// The parts that decide who calls, put together once per server: they share limits and what they remember of log-ins.
import { openCallers } from "../../app/access/callers.js";
import type { AppDeps } from "../../app/deps.js";
import type { AccessLimits } from "../../domain/access-limits.js";
import { createAuthenticator } from "./authenticate.js";
import type { Authenticator } from "./authenticate.js";
import { createLimits } from "./limits.js";
import type { OAuthParts } from "./oauth.js";

export interface Access {
  readonly authenticator: Authenticator;
  /** For `registerOAuth`. */
  readonly oauth: OAuthParts;
}

/** Reaches for Postgres at the first request. */
export function createAccess(app: Pick<AppDeps, "store">, settings: AccessLimits): Access {
  const callers = openCallers(app);
  const limits = createLimits(settings);
  return {
    authenticator: createAuthenticator({ callers, limits }),
    oauth: { callers, limits, tokensPerMinute: settings.tokensPerMinute },
  };
}
