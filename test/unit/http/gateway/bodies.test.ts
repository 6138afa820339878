// Bodies of a start, as unmodified clients send them and as they must not be: docs/atlas.md 2a and 12.
import { describe, expect, it } from "vitest";
import { parseEmptyBody, parseStartBody } from "../../../../src/http/gateway/bodies.js";

const parse = (text: string) => parseStartBody(Buffer.from(text));

it.each(["", " \n", "null", "{}", '{"links":[]}'])("takes %j for no options", (text) => {
  expect(parse(text)).toEqual({ kind: "options", options: null });
});

it.each([
  '{"tier":"SP30"}',
  '{"tier":"SP2","resumeFromCheckpoint":false}',
  '{"resumeFromCheckpoint":true,"startAtOperationTime":"2026-05-04T09:42:00Z"}',
  '{"startAtOperationTime":"2026-05-04T09:42:00.1Z"}',
  '{"startAtOperationTime":"2026-05-04T09:42:00.123456789+05:30"}',
  '{"startAtOperationTime":"2024-02-29T23:59:59-11:00"}',
])("takes %s as it is", (text) => {
  expect(parse(text)).toEqual({ kind: "options", options: JSON.parse(text) as unknown });
});

it.each([
  ['{"failover":{"region":"VIRGINIA_USA","mode":"FORCED"}}', "failover"],
  ['{"tier":"SP30","autoscaling":{"enabled":true,"minTier":"SP10"}}', "autoscaling"],
  ['{"autoscaling":null}', "autoscaling"],
])("leaves %s to Atlas", (text, field) => {
  expect(parse(text)).toMatchObject({ kind: "beyond", field });
});

describe("refuses, by field", () => {
  const TIME = "must be an ISO 8601 time with an offset, such as 2026-05-04T09:42:00Z";
  it.each([
    ['{"tier":"SP15"}', "tier", "must be one of SP50, SP30, SP10, SP5, SP2"],
    ['{"tier":"sp30"}', "tier", "must be one of SP50, SP30, SP10, SP5, SP2"],
    ['{"tier":30}', "tier", "must be one of SP50, SP30, SP10, SP5, SP2"],
    ['{"tier":null}', "tier", "must be one of SP50, SP30, SP10, SP5, SP2"],
    ['{"resumeFromCheckpoint":"true"}', "resumeFromCheckpoint", "must be true or false"],
    ['{"startAtOperationTime":"yesterday"}', "startAtOperationTime", TIME],
    ['{"startAtOperationTime":"2026-05-04"}', "startAtOperationTime", TIME],
    ['{"startAtOperationTime":"2026-05-04T09:42:00"}', "startAtOperationTime", TIME],
    ['{"startAtOperationTime":"2026-02-30T09:42:00Z"}', "startAtOperationTime", TIME],
    ['{"startAtOperationTime":"2026-05-04T24:00:00Z"}', "startAtOperationTime", TIME],
    ['{"startAtOperationTime":"2026-05-04T09:42:00.1234567890Z"}', "startAtOperationTime", TIME],
    ['{"startAtOperationTime":1746352920}', "startAtOperationTime", TIME],
    ['{"startAtOperationTime":{"$date":"2026-05-04T09:42:00Z"}}', "startAtOperationTime", TIME],
    ['{"Tier":"SP30"}', "Tier", "is not a known field"],
    ['{"failover":{"region":"X","tier":"SP2"}}', "failover.tier", "is not a known field"],
    ['{"failover":{}}', "failover.region", "is required and must be the name of a region"],
    ["[]", "body", "must be a JSON object"],
    ['"SP30"', "body", "must be a JSON object"],
    ["0", "body", "must be a JSON object"],
    ["{", "body", "is not valid JSON"],
    ['{"tier":"SP30"}}', "body", "is not valid JSON"],
  ])("%s", (text, field, description) => {
    expect(parse(text)).toMatchObject({
      kind: "refused",
      error: { status: 400, fields: expect.arrayContaining([{ field, description }]) as unknown },
    });
  });

  it("bytes that are not UTF-8", () => {
    expect(parseStartBody(Buffer.from([0x22, 0xc3, 0x28, 0x22]))).toMatchObject({ kind: "refused" });
  });
});

it("lets no option beside an operation that takes none be dropped in silence", () => {
  expect(parseEmptyBody(Buffer.from("{}"))).toBeUndefined();
  expect(parseEmptyBody(Buffer.from('{"tier":"SP30"}'))).toMatchObject({
    status: 400,
    errorCode: "VALIDATION_ERROR",
  });
});
