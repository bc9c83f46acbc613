import { isHoldfastError } from '../../errors.ts';
import { type AuditContext, writeAudit } from '../audit.ts';

/** What was done to an installation, and not to a set. */
export interface SetupDone {
  operation: 'init' | 'keygen' | 'config';
  /** The file that was made or changed; null where there is none. */
  target: string | null;
  notes: string;
  startedAt: Date;
}

/**
 * Records it in every repository that is there. A folder is never made for it, and what was done
 * stays done where no record can be written: then a note says so.
 */
export async function recordSetup(
  context: AuditContext,
  { operation, target, notes, startedAt }: SetupDone,
): Promise<void> {
  try {
    const there = await Promise.all(
      context.repositories.map(async (place) => ({
        place,
        presence: await place.repository.presence(),
      })),
    );
    const repositories = there
      .filter(({ presence }) => presence === 'filled')
      .map(({ place }) => place);
    if (repositories.length === 0) return;
    await writeAudit(
      { ...context, repositories },
      { operation, plan: null, database: null, backup: null, target },
      { outcome: { status: 'success', bytes: null, error: null, notes }, startedAt },
    );
  } catch (error) {
    if (!isHoldfastError(error)) throw error;
    context.progress({
      phase: 'audit',
      note: `${operation} succeeded, but no audit record of it could be written: ${error.message}`,
    });
  }
}
