// A row of the tables of settings.

export interface SettingRow {
  readonly value: number | string | boolean;
  readonly meaning: string;
  readonly source: string;
  readonly choices?: readonly string[];
  /** Smallest value of a number; default 0. */
  readonly min?: number;
}
