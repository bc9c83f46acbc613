import { isDrilled } from '../../config/database-schema.ts';
import type { Finding } from '../../domain/finding.ts';
import { judgeRehearsal, rehearsalLimit } from '../../domain/health/rehearsal.ts';
import { isHoldfastError } from '../../errors.ts';
import type { CheckedConfig, CheckResult } from '../check.ts';
import type { Context } from '../context.ts';
import { hasRecordsBefore, lastRehearsal } from '../drill/rehearsals.ts';

/**
 * Whether the yearly rehearsal is overdue: one listing of each repository, and two where none is on record. A rehearsal in any
 * repository counts, so nothing is said where one of them does not answer, nor where no database is drilled at all.
 */
export async function checkRehearsal(
  { repositories }: Pick<Context, 'repositories'>,
  { seen, checkedAt: now }: Pick<CheckResult, 'seen' | 'checkedAt'>,
  { databases }: Pick<CheckedConfig, 'databases'>,
): Promise<Finding[]> {
  const isAsked = Object.values(databases).some(({ drill }) => isDrilled(drill));
  if (!isAsked || repositories.some(({ name }) => !seen.has(name))) return [];
  const limit = rehearsalLimit(now);
  let rehearsedAt: Date | null = null;
  let isOldEnough = false;
  try {
    for (const { name, repository } of repositories) {
      const last = await lastRehearsal(repository, now);
      if (last !== null && (rehearsedAt === null || last > rehearsedAt)) rehearsedAt = last;
      isOldEnough ||=
        seen.get(name)?.some(({ startedAt }) => startedAt <= limit) === true ||
        (last === null && (await hasRecordsBefore(repository, limit)));
    }
  } catch (error) {
    // Whoever may not list these records is not asked for a rehearsal.
    if (isHoldfastError(error)) return [];
    throw error;
  }
  return judgeRehearsal({ rehearsedAt, isOldEnough, now });
}
