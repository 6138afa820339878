// What a person is told where Atlas could not be asked: where it was asked, what for, how often and how long, what it
// said, and what to do. One sentence each, made from an error of the client; the client's own words stay in it. The
// code, the context and the time to wait are kept, so that an exit code does not depend on the words.
import { formatDurationMs } from "../domain/duration.js";
import { AppError } from "../base/errors.js";

export interface AtlasQuestion {
  readonly project: string;
  /** As in "asked to list the workspaces of project X". */
  readonly what: string;
}

export interface Asked extends AtlasQuestion {
  readonly address: string;
  /** How long it was tried at most. */
  readonly timeoutMs: number;
}

/** Errors that are not Atlas's come back as they are. */
export function explainAtlasError(error: unknown, asked: Asked): unknown {
  if (!(error instanceof AppError) || !error.code.startsWith("atlas.")) return error;
  return new AppError(error.code, toText(error, asked), {
    context: { ...error.context, address: asked.address },
    cause: error,
    ...(error.retryAfterMs === undefined ? {} : { retryAfterMs: error.retryAfterMs }),
  });
}

function toText(error: AppError, asked: Asked): string {
  const { address, what, project } = asked;
  const said = toSentence(error);
  if (error.code === "atlas.unavailable") return `Atlas at ${address} ${toOutage(error, asked)}`;
  if (error.code === "atlas.rate_limited") {
    // Tokens are counted apart.
    const where =
      error.context["operation"] === "token" ? "" : `; headgate get budgets ${project} shows what is left`;
    return `Atlas at ${address} takes no calls now: tried once to ${what}; ${said}. Try again ${toWhen(error)}${where}`;
  }
  const answer = `Atlas at ${address} was asked to ${what}: ${said}`;
  return error.code === "atlas.denied" ? `${answer}. ${toDeniedRemedy(error, project)}` : answer;
}

/** Atlas ends some of its texts with a stop, and some not. */
function toSentence({ message }: AppError): string {
  return message.replace(/[.\s]+$/, "");
}

function toDeniedRemedy({ context }: AppError, project: string): string {
  // By status, not by Atlas's own code: the token endpoint and proxies answer without one.
  if (context["status"] === 402) return "Check the billing of the project in Atlas";
  if (context["status"] === 403 && context["operation"] !== "token") {
    return (
      `The credentials need the role Project Stream Processing Owner in project ${project}, and this host's address ` +
      "has to be on their access list"
    );
  }
  return (
    "Check MONGODB_ATLAS_CLIENT_ID and MONGODB_ATLAS_CLIENT_SECRET (or the API key), or the project's entry in " +
    "HEADGATE_CREDENTIALS_FILE"
  );
}

/** By the second: the wait itself is never as exact. */
function toWhen({ retryAfterMs }: AppError): string {
  return retryAfterMs === undefined
    ? "in a minute"
    : `in ${formatDurationMs(Math.ceil(retryAfterMs / 1_000) * 1_000)}`;
}

function toOutage(error: AppError, { what, timeoutMs }: Asked): string {
  const { waitedMs } = error.context;
  // Known of what a proxy did: it is no use to wait for so long then.
  if (error.remedy !== undefined && typeof waitedMs === "number") {
    const span = `${(waitedMs / 1_000).toFixed(1)}s`;
    return `cannot be reached: tried once to ${what}, for ${span}; ${error.told}. ${error.remedy}`;
  }
  const tried = `tried once to ${what}, for ${formatDurationMs(timeoutMs)} at most`;
  const hasAnswered = error.context["status"] !== undefined;
  return hasAnswered
    ? `is not well: ${tried}; ${toSentence(error)}. Run the command again in a while`
    : `cannot be reached: ${tried}; ${toSentence(error)}${toCauseCode(error)}. ` +
        "Check MONGODB_ATLAS_BASE_URL, HTTPS_PROXY and the network";
}

/** Node's own word for it, such as ECONNREFUSED. */
function toCauseCode({ cause }: AppError): string {
  const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
  return typeof code === "string" ? ` (${code})` : "";
}
