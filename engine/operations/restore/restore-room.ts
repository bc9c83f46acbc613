import { statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { type Manifest, volumesOf } from '../../domain/manifest.ts';
import { speakBytes } from '../../domain/spoken-numbers.ts';
import { HoldfastError } from '../../errors.ts';
import {
  type ConnectionLimit,
  limitTooLow,
  readConnectionLimits,
} from '../../postgres/connection/connection-room.ts';
import { noScratch } from '../../postgres/programs/no-scratch.ts';
import type { Session } from '../../postgres/session.ts';
import type { RestoreRequest } from '../restore-request.ts';

type Work = Pick<RestoreRequest, 'contents' | 'jobs' | 'tables' | 'create' | 'overwrite'>;

/** The session that prepares, and one in the database that is filled. */
const OWN_SESSIONS = 2;

/** The server may still count a session that has just ended when the next one begins. */
const ENDING_SESSIONS = 1;

/** pg_restore has a connection for each job; single tables come through one at a time. */
export function connectionsOfRestore({ contents, jobs, tables }: Work): number {
  if (tables.length > 0) return OWN_SESSIONS + ENDING_SESSIONS;
  return OWN_SESSIONS + ENDING_SESSIONS + (contents === 'data' ? 1 : jobs);
}

/**
 * Refuses a restore that would run out of connections, before it writes anything. What other
 * sessions hold counts too: a restore that fails midway costs more than one that begins later.
 * @throws HoldfastError CONNECTION_FAILED.
 */
export async function assertTargetRoom(session: Session, work: Work): Promise<void> {
  const needed = connectionsOfRestore(work);
  const isNew = work.create || work.overwrite !== undefined;
  const limits = (await readConnectionLimits(session, needed)).filter(
    // A new database has no limit until it is restored; this session is already in another one.
    ({ kind }) => kind !== 'database' || !isNew,
  );
  const tooLow = limits.find(({ limit }) => limit < needed);
  if (tooLow !== undefined) throw limitTooLow(tooLow, { run: 'restore', needed });
  const full = limits.find(({ free }) => free < needed);
  if (full !== undefined) throw tooFewFree(full, { needed, work });
}

function tooFewFree(
  { of, limit, free }: ConnectionLimit,
  { needed, work }: { needed: number; work: Work },
): HoldfastError {
  const least = connectionsOfRestore({ ...work, jobs: 1 });
  const fewer = least < needed ? ` With --jobs 1 it needs ${least}.` : '';
  return new HoldfastError({
    code: 'CONNECTION_FAILED',
    message: `this restore needs ${needed} connections at once, and of the ${limit} that ${of} may have ${Math.max(0, free)} are free`,
    hint: `End sessions that are not needed, or run it again later.${fewer}`,
    retryable: true,
  });
}

/**
 * The definitions lie in a temporary directory of this machine meanwhile; the rows stream past it.
 * @throws HoldfastError SCRATCH_FAILED.
 */
export async function assertScratchRoom(manifest: Manifest, { contents }: Work): Promise<void> {
  if (contents === 'data') return;
  const needed = volumesOf(manifest, 'schema').reduce((sum, one) => sum + one.plaintextBytes, 0);
  const { bavail, bsize } = await statfs(tmpdir()).catch((error: unknown) => {
    throw noScratch(tmpdir(), error);
  });
  if (bavail * bsize >= needed) return;
  throw new HoldfastError({
    code: 'SCRATCH_FAILED',
    message: `the definitions take ${speakBytes(needed)} in ${tmpdir()}, which has ${speakBytes(bavail * bsize)} free`,
    hint: 'Make room there, or set TMPDIR to a directory that has it.',
  });
}
