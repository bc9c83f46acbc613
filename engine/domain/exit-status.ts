import { type HoldfastError, isHoldfastError } from '../errors.ts';
import type { Severity } from './severity.ts';

/** 0 done · 1 failed · 2 usage · 3 skipped · 75 failed for a passing reason (EX_TEMPFAIL of sysexits.h). */
export const EXIT = { done: 0, failed: 1, usage: 2, skipped: 3, passing: 75 } as const;

/** What was asked for is not there, under that name: another name or another config is needed, not another try. */
const USAGE_CODES = new Set([
  'USAGE',
  'CONFIG_INVALID',
  'CONFIG_NOT_FOUND',
  'SET_AMBIGUOUS',
  'SET_NOT_FOUND',
  'NOTHING_TO_DUMP',
]);

/** Of `check`, as monitoring plugins have it: OK, WARNING, CRITICAL, UNKNOWN. */
export const CHECK_EXIT = { ok: 0, warning: 1, critical: 2, unknown: 3 } as const satisfies Record<
  Severity,
  number
>;

/** A `check` that fails itself has learnt nothing, whatever the reason. */
export function exitStatusOf(
  error: unknown,
  { command }: { command?: string | undefined } = {},
): number {
  if (command === 'check') return CHECK_EXIT.unknown;
  if (!isHoldfastError(error)) return EXIT.failed;
  if (isSkipped(error)) return EXIT.skipped;
  if (isUsage(error)) return EXIT.usage;
  return error.retryable ? EXIT.passing : EXIT.failed;
}

export function isSkipped({ code }: HoldfastError): boolean {
  return code === 'ALREADY_RUNNING';
}

/** Nothing was tried: the command line or the config is wrong, or what it names is not there. */
function isUsage({ code }: HoldfastError): boolean {
  return USAGE_CODES.has(code);
}
