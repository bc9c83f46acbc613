/** What an operation says while it works. Counts grow from zero within a phase; a total is a guess that may be exceeded. */
export interface ProgressEvent {
  phase: string;
  /** Bytes of plaintext so far. */
  bytes?: number;
  totalBytes?: number;
  /** One sentence a person may want to read once. */
  note?: string;
}

export type Progress = (event: ProgressEvent) => void;
