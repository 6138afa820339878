// A typed client of Headgate's own API, for programs in TypeScript and for tests: paths, parameters and answers are
// those of docs/openapi.json. Holds nothing but the token it was given.
import createClient from "openapi-fetch";
import type { Client } from "openapi-fetch";
import type { paths } from "./schema.js";

export type ApiClient = Client<paths>;

/** `token`: of a service account. Answers that are problems are data: nothing is thrown for them. */
export function createApiClient({ url, token }: { readonly url: string; readonly token: string }): ApiClient {
  return createClient<paths>({ baseUrl: url, headers: { authorization: `Bearer ${token}` } });
}
