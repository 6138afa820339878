// What a file wrote for one processor, before defaults were merged. Kept with the version it made, so that people can
// be told where a value comes from; nothing is decided from it.

/** Fields by the names that files use; what was not written is absent. */
export type WrittenFields = Readonly<Record<string, unknown>>;

export interface WrittenPolicy {
  /** Of the document. */
  readonly defaults: WrittenFields;
  /** Of the processor itself. */
  readonly own: WrittenFields;
}
