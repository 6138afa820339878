// What a client of the token endpoints sends: its form, and its id and secret, by Basic or in the form. Pure, and
// believes nothing: who the client is, the caller finds out. A fault is answered in words without a value of the form.

export interface TokenForm {
  readonly fields: ReadonlyMap<string, string>;
  /** Empty where none was sent. */
  readonly clientId: string;
  readonly clientSecret: string;
  readonly isBasic: boolean;
}

/** A form, or what is wrong with it. A field without a value is as good as none (RFC 6749 3.2). */
export function parseForm(body: string, authorization: string | undefined): TokenForm | string {
  const fields = new Map<string, string>();
  for (const [name, value] of new URLSearchParams(body)) {
    if (fields.has(name)) return "A parameter is given more than once.";
    if (value !== "") fields.set(name, value);
  }
  const [id = "", secret = ""] = [fields.get("client_id"), fields.get("client_secret")];
  const basic = /^Basic +(\S+)$/i.exec(authorization ?? "")?.[1];
  if (basic === undefined) return { fields, clientId: id, clientSecret: secret, isBasic: false };
  if (secret !== "") return "The client is authenticated in more than one way.";
  const pair = Buffer.from(basic, "base64").toString();
  const colon = pair.indexOf(":");
  // Ids and secrets of ours read the same with and without the percent-encoding that RFC 6749 2.3.1 asks for.
  const [clientId, clientSecret] = colon < 0 ? [pair, ""] : [pair.slice(0, colon), pair.slice(colon + 1)];
  return { fields, clientId, clientSecret, isBasic: true };
}
