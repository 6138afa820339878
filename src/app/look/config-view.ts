// The configuration for people: every setting, what it is and where it comes from. Secrets are redacted: of a URL its
// address is left, of anything else nothing.
import { redact } from "../../base/text.js";

export interface SettingView {
  readonly name: string;
  /** Null where it is not set and has no default. */
  readonly value: string | null;
  /** `environment`, the file that says it, `default`, or `-`. */
  readonly source: string;
  readonly meaning: string;
}

export interface ConfigView {
  readonly settings: readonly SettingView[];
  /** Each names its variable, its value (unless secret) and what would be right. */
  readonly faults: readonly string[];
}

interface Variable {
  readonly name: string;
  readonly meaning: string;
  /** Empty: none. */
  readonly default: string;
  /** A file may hold it where the list has a variable of its name and _FILE. */
  readonly isSecret: boolean;
}

/** Variables as one place sets them. */
export interface Layer {
  readonly source: string;
  readonly variables: Readonly<Record<string, string | undefined>>;
}

/** By the first layer that names a variable; one that names it empty leaves it unset, as a compose file does. */
export function viewSettings(
  variables: readonly Variable[],
  layers: readonly Layer[],
): readonly SettingView[] {
  const names = new Set(variables.map(({ name }) => name));
  return variables.map((variable) => {
    const { name, meaning } = variable;
    const set =
      findValue(layers, name) ?? (PROXIES.includes(name) ? findValue(layers, name.toLowerCase()) : undefined);
    if (set !== undefined) {
      return {
        name,
        value: variable.isSecret ? hide(set.value) : redact(set.value),
        source: set.source,
        meaning,
      };
    }
    const file = names.has(`${name}_FILE`) ? findValue(layers, `${name}_FILE`) : undefined;
    if (file !== undefined) return { name, value: REDACTED, source: file.value, meaning };
    return variable.default === ""
      ? { name, value: null, source: "-", meaning }
      : { name, value: variable.default, source: "default", meaning };
  });
}

const REDACTED = "[redacted]";
/** Other programs read them in lower case too. */
const PROXIES: readonly string[] = ["HTTPS_PROXY", "NO_PROXY"];

function findValue(
  layers: readonly Layer[],
  name: string,
): { readonly value: string; readonly source: string } | undefined {
  const layer = layers.find(({ variables }) => variables[name] !== undefined);
  const value = layer?.variables[name] ?? "";
  return layer === undefined || value === "" ? undefined : { value, source: layer.source };
}

/**
 * Of a URL: where it leads, without user, password and parameters. Of an address on the web without its path too: with
 * many services the path is the credential.
 */
function hide(value: string): string {
  const url = URL.canParse(value) ? new URL(value) : undefined;
  if (url === undefined || url.host === "") return REDACTED;
  if (/^https?:$/.test(url.protocol)) return `${url.protocol}//${url.host}/${REDACTED}`;
  return `${url.protocol}//${REDACTED}@${url.host}${url.pathname}`;
}
