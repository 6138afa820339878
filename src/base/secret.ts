// A credential that cannot be printed by accident: every way of turning it into text gives "[redacted]".
// Only the code that signs a request may call reveal(); nothing stores what it returns.
import { inspect } from "node:util";

const REDACTED = "[redacted]";

export class Secret {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
    Object.freeze(this);
  }

  /** The credential itself: for a request's header and nothing else. */
  reveal(): string {
    return this.#text;
  }

  toString(): string {
    return REDACTED;
  }

  toJSON(): string {
    return REDACTED;
  }

  [inspect.custom](): string {
    return REDACTED;
  }
}
