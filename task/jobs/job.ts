import type { Stack } from '../../engine/composition/from-stack.ts';
import type { Measurement } from '../../engine/domain/metrics.ts';
import type { Progress } from '../../engine/ports/progress.ts';

/** What a job works with. */
export interface Surroundings {
  stack: Stack;
  signal: AbortSignal;
  progress: Progress;
}

/** A job that was done. */
export interface Done {
  /** The document that the command of this name prints with --json. */
  result: object;
  notes: readonly string[];
  measurements: readonly Measurement[];
  /** 0 unless given. */
  exitStatus?: number;
}
