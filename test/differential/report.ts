import type { Toolset } from '../../engine/postgres/tools.ts';
import { isBeyondPlain, type SeedResult } from './run-seed.ts';

/** One line a seed, so that a run that was cut short can be repeated too. */
export function announce(result: SeedResult, { major }: Toolset): void {
  const { seed, database, statements, refused, failures, differences } = result;
  const isBeyond = isBeyondPlain(result);
  const found = (isBeyond ? 0 : failures.length) + differences.length;
  const plain = isBeyond ? ' (pg_restore is refused something, and so is Holdfast)' : '';
  process.stderr.write(
    `PostgreSQL ${major}, seed ${seed}: ${statements - refused.length} of ${statements} statements made ` +
      `${JSON.stringify(database)}, ${found === 0 ? 'no difference' : `${found} differences`}${plain}\n`,
  );
}

/** Everything that is wrong, with how to see it again. */
export function faultsOf(result: SeedResult, { major }: Toolset): string[] {
  const { seed, failures, differences, plainErrors } = result;
  const kept = failures.filter((failure) => failure.startsWith('kept: '));
  const faults = [...(isBeyondPlain(result) ? kept : failures), ...differences];
  if (faults.length === 0) return [];
  const plain = plainErrors === '' ? [] : [`pg_restore itself said: ${plainErrors.slice(0, 2000)}`];
  return [`repeat it with HOLDFAST_SEED=${seed} on PostgreSQL ${major}`, ...faults, ...plain];
}
