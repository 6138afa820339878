// What clients of the token endpoints send, and what is refused before anybody asks who they are.
import { expect, it } from "vitest";
import { parseForm } from "../../../../src/http/access/form.js";

const GRANT = "grant_type=client_credentials";
const basic = (text: string): string => `Basic ${Buffer.from(text).toString("base64")}`;

it.each([
  { reason: "Basic", body: GRANT, header: basic("id:secret"), is: ["id", "secret", true] },
  {
    reason: "Basic in small letters",
    body: GRANT,
    header: basic("id:s").replace("B", "b"),
    is: ["id", "s", true],
  },
  { reason: "a colon in the secret", body: GRANT, header: basic("id:a:b"), is: ["id", "a:b", true] },
  { reason: "no colon", body: GRANT, header: basic("id"), is: ["id", "", true] },
  {
    reason: "in the form",
    body: `${GRANT}&client_id=id&client_secret=s`,
    header: undefined,
    is: ["id", "s", false],
  },
  {
    reason: "the id beside Basic",
    body: `${GRANT}&client_id=id`,
    header: basic("id:s"),
    is: ["id", "s", true],
  },
  { reason: "nothing", body: GRANT, header: undefined, is: ["", "", false] },
  { reason: "another scheme", body: GRANT, header: "Bearer abc", is: ["", "", false] },
])("takes the client from $reason", ({ body, header, is: [clientId, clientSecret, isBasic] }) => {
  const form = parseForm(body, header);
  expect(form).toMatchObject({ clientId, clientSecret, isBasic });
  expect(typeof form === "string" ? undefined : form.fields.get("grant_type")).toBe("client_credentials");
});

it.each([
  { reason: "a parameter twice", body: `${GRANT}&${GRANT}`, says: "A parameter is given more than once." },
  {
    reason: "a secret in both places",
    body: `${GRANT}&client_id=id&client_secret=s`,
    says: "The client is authenticated in more than one way.",
  },
])("refuses $reason", ({ body, says }) => {
  expect(parseForm(body, basic("id:s"))).toBe(says);
});

it("takes a field without a value for none", () => {
  const form = parseForm("grant_type=&token=%20", undefined);
  expect(form).toMatchObject({ fields: new Map([["token", " "]]) });
});
