import type { HoldfastError } from '../../engine/errors.ts';
import type { ProgressEvent } from '../../engine/ports/progress.ts';

export interface PrinterOptions {
  isQuiet: boolean;
  /** Completes the commands in a text, so that each works when it is typed. */
  complete: (text: string) => string;
}

/** The only writer of the CLI. Results go to stdout, everything else to stderr. */
export interface Printer {
  /**
   * The one result of a command. `value` is its documented JSON; `render` makes what a person reads,
   * from a copy of `value` whose texts are plain lines.
   */
  result<T extends object>(value: T, render: (shown: T) => string): void;
  /** The one result of a command, in a format that another program reads: byte for byte. */
  document(text: string): void;
  /** The database that the run is about, once it is known. */
  about(database: string): void;
  progress(event: ProgressEvent): void;
  note(text: string): void;
  /** A note that --quiet does not silence: something that must be known went wrong beside the run. */
  warning(text: string): void;
  /** The last thing that is said. */
  failure(error: HoldfastError, exitStatus: number): void;
  /** Ends the progress. */
  close(): void;
}
