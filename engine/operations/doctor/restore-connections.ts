import { availableParallelism } from 'node:os';
import { readConnectionLimits } from '../../postgres/connection/connection-room.ts';
import { Session } from '../../postgres/session.ts';
import type { Examination, Outcome } from '../doctor-finding.ts';
import type { RestoreQuestion } from '../doctor-restore.ts';
import { connectionsOfRestore } from '../restore/restore-room.ts';

/** As `restore` has it unless --jobs says otherwise. */
const MOST_JOBS = 8;

/** How many connections a restore needs, against the limits of whoever restores. */
export async function examineRestoreConnections(
  examination: Examination,
  { settings }: RestoreQuestion,
): Promise<void> {
  await examination.tryOut(
    'restore connections',
    async () => {
      const session = await Session.open(await settings(), { applicationName: 'holdfast doctor' });
      try {
        return await compareLimits(session);
      } finally {
        await session.end();
      }
    },
    'warning',
  );
}

async function compareLimits(session: Session): Promise<Outcome<never>> {
  const work = { contents: 'all' as const, create: true, overwrite: undefined };
  const jobs = Math.min(availableParallelism(), MOST_JOBS);
  const needed = connectionsOfRestore({ ...work, tables: [], jobs });
  const least = connectionsOfRestore({ ...work, tables: [], jobs: 1 });
  const [tightest] = await readConnectionLimits(session, needed);
  const needs = `a restore needs ${needed} connections at once (${least} with --jobs 1)`;
  if (tightest === undefined) return { detail: needs };
  const { of, limit, free, fix } = tightest;
  const detail = `${needs}, ${of} may have ${limit} and ${Math.max(0, free)} are free`;
  return free >= needed ? { detail } : { detail, status: 'warning', fix: [fix] };
}
