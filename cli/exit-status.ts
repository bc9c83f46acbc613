import { isHoldfastError } from '../engine/errors.ts';

/** 0 done · 1 failed · 2 usage · 3 skipped · 75 failed for a passing reason (EX_TEMPFAIL of sysexits.h). */
export const EXIT = { done: 0, failed: 1, usage: 2, skipped: 3, passing: 75 } as const;

const USAGE_CODES = new Set(['USAGE', 'CONFIG_INVALID', 'CONFIG_NOT_FOUND', 'SET_AMBIGUOUS']);

export function exitStatusOf(error: unknown): number {
  if (!isHoldfastError(error)) return EXIT.failed;
  if (error.code === 'ALREADY_RUNNING') return EXIT.skipped;
  if (USAGE_CODES.has(error.code)) return EXIT.usage;
  return error.retryable ? EXIT.passing : EXIT.failed;
}
