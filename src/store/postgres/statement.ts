// A statement as data: built where it is known what is asked, sent by the pool.

export interface Statement {
  readonly text: string;
  readonly values: readonly unknown[];
}
