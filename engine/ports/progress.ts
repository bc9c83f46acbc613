/** What an operation says while it works. Counts grow from zero within a phase; a total is a guess that may be exceeded. */
export interface ProgressEvent {
  phase: string;
  /** So far: of a dump what comes from the server, of all else what is stored and was read, copied or thawed. */
  bytes?: number;
  totalBytes?: number;
  /** One sentence a person may want to read once. */
  note?: string;
}

export type Progress = (event: ProgressEvent) => void;
