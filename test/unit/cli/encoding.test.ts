// The bytes of a file as text: what is text, and what is told by name. Marks: Unicode 16.0 23.8 (byte order), RFC 1952
// (gzip), RFC 8878 (zstd), the xz file format 1.2.1, bzip2 1.0.8, APPNOTE 6.3.10 (zip).
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { expect, it } from "vitest";
import { decodeText } from "../../../src/cli/typed/encoding.js";

const TEXT = "project: 32b6e34b3d91647abb20e7b8\n";
const swapped = (text: string): Buffer => Buffer.from(text, "utf16le").swap16();

it.each([
  [
    "UTF-16 of Windows, with its mark",
    Buffer.from(`\ufeff${TEXT}`, "utf16le"),
    "it is UTF-16: save it as UTF-8",
  ],
  ["UTF-16 of the other order", swapped(`\ufeff${TEXT}`), "it is UTF-16: save it as UTF-8"],
  ["UTF-16 without a mark", Buffer.from(TEXT, "utf16le"), "it is UTF-16: save it as UTF-8"],
  ["UTF-16 of the other order without a mark", swapped(TEXT), "it is UTF-16: save it as UTF-8"],
  ["UTF-32", Buffer.from([0xff, 0xfe, 0, 0, 0x70, 0, 0, 0]), "it is UTF-32: save it as UTF-8"],
  ["gzip", gzipSync(TEXT), "it is compressed with gzip: unpack it first"],
  ["zstd", Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x04]), "it is compressed with zstd: unpack it first"],
  ["xz", Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0]), "it is compressed with xz: unpack it first"],
  ["bzip2", Buffer.from("BZh91AY"), "it is compressed with bzip2: unpack it first"],
  ["zip", Buffer.from([0x50, 0x4b, 3, 4, 20]), "it is a zip archive: unpack it first"],
  ["Latin-1", Buffer.from([0x23, 0x20, 0xe9, 0x0a]), "it is not UTF-8: save it as UTF-8"],
])("names %s", (_what, bytes, fault) => {
  expect(decodeText(bytes)).toEqual({ fault });
});

it.each([
  ["nothing", "", ""],
  ["one character", "a", "a"],
  ["a mark of UTF-8", `\ufeff${TEXT}`, TEXT],
  ["a NUL that YAML will refuse", "a\0b\n", "a\0b\n"],
])("reads %s", (_what, written, text) => {
  expect(decodeText(Buffer.from(written))).toEqual({ text });
});

it("reads every text of words as it is", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), (text) => {
      fc.pre(!text.startsWith("\ufeff") && !/^BZh|\0/.test(text));
      expect(decodeText(Buffer.from(text))).toEqual({ text });
    }),
  );
});
