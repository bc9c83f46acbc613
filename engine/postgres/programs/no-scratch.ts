import { HoldfastError } from '../../errors.ts';

/** A directory for temporary files that can't be used is a mistake of this machine's, not of ours. */
export function noScratch(parent: string, cause: unknown): HoldfastError {
  const reason = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown failure';
  return new HoldfastError({
    code: 'SCRATCH_FAILED',
    message: `no temporary directory can be made in ${parent}: ${reason}`,
    hint: 'Set TMPDIR to a directory that exists and that this user may write to.',
    cause,
  });
}
