import { HoldfastError } from '../../errors.ts';
import type { Session } from '../session.ts';

/**
 * The server cuts names that are too long and says so in a notice only: what was made would then have
 * another name than the one that was asked for and reported.
 * @throws HoldfastError USAGE.
 */
export async function assertNameFits(
  session: Session,
  { name, what }: { name: string; what: 'table' | 'database' },
): Promise<void> {
  const { kept } = await session.queryOne<{ kept: string }>(
    'SELECT $1::pg_catalog.name::pg_catalog.text AS kept',
    [name],
  );
  if (kept === name) return;
  throw new HoldfastError({
    code: 'USAGE',
    message: `the name of the new ${what} is too long: PostgreSQL would cut it to ${kept}`,
    hint: 'Give a name of at most 63 bytes.',
  });
}
