import { HoldfastError } from '../errors.ts';

/** What a standby says when its replay needs what a session of ours reads, whether it ends the statement or the session. */
const CONFLICT = /due to conflict with recovery/;

/** The conflict that `said` tells of; undefined where it tells of something else. */
export function recoveryConflict(said: string, cause?: unknown): HoldfastError | undefined {
  if (!CONFLICT.test(said)) return undefined;
  return new HoldfastError({
    code: 'RECOVERY_CONFLICT',
    message:
      'the standby cancelled the dump: its replay could wait no longer for what the dump reads',
    hint: 'Run it again. If it happens often, set hot_standby_feedback = on on the standby, or raise its max_standby_streaming_delay.',
    retryable: true,
    cause,
  });
}
