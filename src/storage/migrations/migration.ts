/** Brings a database from the schema version before to `version`. */
export interface Migration {
  readonly version: number;
  /** Plain SQL; runs in one transaction, with foreign keys unchecked until its end. */
  readonly sql: string;
}
