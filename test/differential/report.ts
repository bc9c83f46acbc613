import type { Toolset } from '../../engine/postgres/tools.ts';
import type { SeedResult } from './run-seed.ts';

/**
 * Where random seeds begin: `HOLDFAST_SEED=n` repeats seed n. Else each run has seeds of its own, as
 * many as there are seconds between two of them.
 */
export function firstSeed(env: NodeJS.ProcessEnv = process.env): number {
  const wanted = Number(env.HOLDFAST_SEED);
  return Number.isInteger(wanted) && wanted > 0 ? wanted : Math.floor(Date.now() / 1000);
}

/** One line a seed, so that a run that was cut short can be repeated too. */
export function announce(result: SeedResult, { major }: Toolset): void {
  const { seed, database, statements, refused, failures, differences } = result;
  const found = isBeyondPlain(result) ? 0 : failures.length + differences.length;
  const plain = isBeyondPlain(result) ? ' (pg_restore itself fails, and so does Holdfast)' : '';
  process.stderr.write(
    `PostgreSQL ${major}, seed ${seed}: ${statements - refused.length} of ${statements} statements made ` +
      `"${database}", ${found === 0 ? 'no difference' : `${found} differences`}${plain}\n`,
  );
}

/**
 * Where pg_restore itself fails, there is nothing to compare with: first minor releases of pg_dump
 * break at a line end in a name. Holdfast must fail there as well and not call it restored.
 */
export function isBeyondPlain({ plainErrors, failures }: SeedResult): boolean {
  return /error:/.test(plainErrors) && failures.some((failure) => /^restore: /.test(failure));
}

/** Everything that is wrong, with how to see it again. */
export function faultsOf(result: SeedResult, { major }: Toolset): string[] {
  const { seed, failures, differences, plainErrors } = result;
  if (isBeyondPlain(result)) return [];
  const faults = [...failures, ...differences];
  if (faults.length === 0) return [];
  const plain = plainErrors === '' ? [] : [`pg_restore itself said: ${plainErrors.slice(0, 2000)}`];
  return [`repeat it with HOLDFAST_SEED=${seed} on PostgreSQL ${major}`, ...faults, ...plain];
}
