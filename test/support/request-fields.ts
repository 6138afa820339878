// Fields of a change's request as tests set them: of any kind, so that a test can also ask for what no constructor
// makes.
import type { ChangeRequest } from "../../src/domain/change/requests.js";

export type RequestFields = { readonly [Key in keyof ChangeRequest]?: ChangeRequest[Key] };
