// The bytes of a file as text. Windows PowerShell writes UTF-16, and people hand over what a tool has compressed: read
// as UTF-8 both are full of replacement characters, and every fault after that would be about those. Pure.

interface Format {
  readonly name: string;
  readonly starts: readonly number[];
  readonly advice: string;
}

const SAVE = "save it as UTF-8";
const UNPACK = "unpack it first";

/** In this order: the mark of UTF-32 begins as that of UTF-16 does. */
const FORMATS: readonly Format[] = [
  { name: "UTF-32", starts: [0xff, 0xfe, 0, 0], advice: SAVE },
  { name: "UTF-32", starts: [0, 0, 0xfe, 0xff], advice: SAVE },
  { name: "UTF-16", starts: [0xff, 0xfe], advice: SAVE },
  { name: "UTF-16", starts: [0xfe, 0xff], advice: SAVE },
  { name: "compressed with gzip", starts: [0x1f, 0x8b], advice: UNPACK },
  { name: "compressed with zstd", starts: [0x28, 0xb5, 0x2f, 0xfd], advice: UNPACK },
  { name: "compressed with xz", starts: [0xfd, 0x37, 0x7a, 0x58, 0x5a], advice: UNPACK },
  { name: "compressed with bzip2", starts: [0x42, 0x5a, 0x68], advice: UNPACK },
  { name: "a zip archive", starts: [0x50, 0x4b, 3, 4], advice: UNPACK },
];

/** What it holds, or why that is no text. A byte order mark of UTF-8 is left out. */
export function decodeText(bytes: Buffer): { readonly text: string } | { readonly fault: string } {
  const format = FORMATS.find(({ starts }) => starts.every((byte, at) => bytes[at] === byte));
  if (format !== undefined) return { fault: `it is ${format.name}: ${format.advice}` };
  // UTF-16 without its mark: in a text of mostly ASCII every other byte is zero.
  if (bytes.length >= 4 && isEveryOtherZero(bytes)) return { fault: `it is UTF-16: ${SAVE}` };
  try {
    return { text: new TextDecoder("utf-8", { fatal: true }).decode(bytes) };
  } catch {
    return { fault: `it is not UTF-8: ${SAVE}` };
  }
}

function isEveryOtherZero(bytes: Buffer): boolean {
  return (bytes[0] === 0 && bytes[2] === 0) || (bytes[1] === 0 && bytes[3] === 0);
}
