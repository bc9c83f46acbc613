import type { DrillConfig } from '../config/database-schema.ts';
import { MAX_CLOCK_SKEW_SECONDS } from '../contract.ts';
import { speakBytes } from '../domain/spoken-numbers.ts';
import type { Clock } from '../ports/clock.ts';
import {
  CONNECTIONS_OF_A_BACKUP,
  readConnectionLimits,
} from '../postgres/connection/connection-room.ts';
import { type ConnectionSettings, describeConnection } from '../postgres/connection-settings.ts';
import { holdsAnything } from '../postgres/holds-anything.ts';
import { readLockRoom } from '../postgres/lock-room.ts';
import { reachByLibpq } from '../postgres/programs/reach-by-libpq.ts';
import {
  assertNoPooler,
  assertSupported,
  majorOf,
  readClockAhead,
} from '../postgres/server-facts.ts';
import { Session } from '../postgres/session.ts';
import { chooseToolset, type Toolset } from '../postgres/tools.ts';
import { assertReadableNames } from '../postgres/unreadable-names.ts';
import { examineMemory } from './doctor/memory.ts';
import { examineRestoreConnections } from './doctor/restore-connections.ts';
import { examineDrill } from './doctor-drill.ts';
import { Examination, type Finding } from './doctor-finding.ts';
import { examinePrivileges } from './doctor-privileges.ts';
import { examineRestoreRights, type RestoreQuestion } from './doctor-restore.ts';
import { examineStandby, type StandbyQuestion } from './doctor-standby.ts';

const LIBPQ_TIMEOUT_MS = 60_000;

export interface DatabaseOptions {
  /** How to reach it; may fail as connections do. */
  settings: () => Promise<ConnectionSettings>;
  toolsets: readonly Toolset[];
  clock: Clock;
  allowUntestedMajor: boolean;
  /** Where it is a standby that plans dump from. */
  standby?: StandbyQuestion | undefined;
  /** Who restores into it, and what its drills ask; not of a standby. */
  restore?: RestoreQuestion | undefined;
  drill?: Pick<DrillConfig, 'recent' | 'assertions'> | undefined;
  /** The folders that its backups go to, with the bytes that are free there. */
  folders?: readonly { name: string; freeBytes: number }[];
}

/** Everything a backup of this database needs, each asked for itself. */
export async function examineDatabase(
  subject: string,
  options: DatabaseOptions,
): Promise<Finding[]> {
  const examination = new Examination(subject);
  const session = await examination.tryOut('connection', async () => {
    const settings = await options.settings();
    const value = await Session.open(settings, { applicationName: 'holdfast doctor' });
    const reached = value.settings;
    const tls = reached.sslmode === 'disable' ? '' : `, TLS ${reached.sslmode}`;
    return { value, detail: `${describeConnection(reached)} as ${reached.user}${tls}` };
  });
  if (session === undefined) return examination.findings;
  try {
    await examineServer(examination, session, options);
    if (options.standby !== undefined) await examineStandby(examination, session, options.standby);
    await examinePrivileges(examination, session);
    await examineLocks(examination, session);
    await examineConnections(examination, session);
    await examineNames(examination, session);
    if (options.folders !== undefined) await examineSize(examination, session, options.folders);
    if (options.drill !== undefined) await examineDrill(examination, session, options.drill);
    if (options.restore !== undefined) {
      await examineRestoreRights(examination, options.restore);
      await examineRestoreConnections(examination, options.restore);
    }
    await examineRows(examination, session);
    await examineMemory(examination, session, { availableBytes: process.availableMemory() });
    return examination.findings;
  } finally {
    await session.end();
  }
}

async function examineServer(
  examination: Examination,
  session: Session,
  { toolsets, clock, allowUntestedMajor }: DatabaseOptions,
): Promise<void> {
  const major = majorOf(session.serverVersionNum);
  await examination.tryOut('version', async () => {
    const untested = assertSupported(session, { allowUntestedMajor });
    if (untested === undefined) return { detail: `PostgreSQL ${major}` };
    return { detail: untested, status: 'warning' };
  });
  await examination.tryOut('no pooler', async () => {
    await assertNoPooler(session);
    return { detail: 'sessions reach the server itself' };
  });
  const tools = await examination.tryOut('dump programs', async () => {
    const tools = chooseToolset(toolsets, { major });
    const isExact = tools.major === major;
    return {
      value: tools,
      detail: `pg_dump ${tools.version}`,
      status: isExact ? 'ok' : 'warning',
      fix: isExact
        ? []
        : [
            `# archives will need pg_restore ${tools.major}; better: apt-get install postgresql-client-${major}`,
          ],
    };
  });
  if (tools !== undefined) await examineLibpq(examination, session, tools);
  await examination.tryOut(
    'server programs for drills',
    async () => ({
      detail: `PostgreSQL ${chooseToolset(toolsets, { major, needsServer: true }).version}`,
    }),
    'warning',
  );
  await examination.tryOut('clock', async () => {
    const seconds = Math.round((await readClockAhead(session, clock)) / 1000);
    const isNear = Math.abs(seconds) <= MAX_CLOCK_SKEW_SECONDS;
    return {
      detail: `${Math.abs(seconds)} s apart from the server's`,
      status: isNear ? 'ok' : 'failed',
      fix: isNear ? [] : ['timedatectl set-ntp true'],
    };
  });
}

/** The driver was let in; a dump logs in by libpq, which has other rules for keys and certificates. */
async function examineLibpq(
  examination: Examination,
  { settings }: Session,
  tools: Toolset,
): Promise<void> {
  await examination.tryOut('connection of pg_dump', async () => {
    const signal = AbortSignal.timeout(LIBPQ_TIMEOUT_MS);
    await reachByLibpq({ tools, settings, applicationName: 'holdfast doctor', signal });
    return { detail: 'libpq is let in, too' };
  });
}

/** A backup of nothing proves nothing: mostly it is the wrong database. */
async function examineRows(examination: Examination, session: Session): Promise<void> {
  await examination.tryOut(
    'rows',
    async () => {
      if (await holdsAnything(session)) return { detail: 'the database holds rows' };
      return {
        detail: 'no table of the database has a row, and there is no large object',
        status: 'warning',
        fix: ['# Is it the right database? Where it may be empty, set expectEmpty: true for it.'],
      };
    },
    'warning',
  );
}

/** A dump locks every table at once, and the table of locks does not grow. */
async function examineLocks(examination: Examination, session: Session): Promise<void> {
  await examination.tryOut('locks', async () => {
    const { needed, room, wanted } = await readLockRoom(session);
    const isEnough = needed <= room;
    return {
      detail: `a dump takes ${needed} locks, the server has room for ${room}`,
      status: isEnough ? 'ok' : 'failed',
      fix: isEnough
        ? []
        : [
            `ALTER SYSTEM SET max_locks_per_transaction = ${wanted};`,
            '# then restart the server; on RDS set it in the parameter group',
          ],
    };
  });
}

/** A run opens several connections at once; limits of the role and the database are easily too low. */
async function examineConnections(examination: Examination, session: Session): Promise<void> {
  await examination.tryOut('connections', async () => {
    const [tightest] = await readConnectionLimits(session);
    const needs = `a backup needs ${CONNECTIONS_OF_A_BACKUP} connections at once`;
    if (tightest === undefined) return { detail: needs };
    const { of, limit, free, fix } = tightest;
    const room = `${needs}, ${of} may have ${limit} and ${Math.max(0, free)} are free`;
    if (free >= CONNECTIONS_OF_A_BACKUP) return { detail: room };
    const status = limit < CONNECTIONS_OF_A_BACKUP ? 'failed' : 'warning';
    return { detail: room, status, fix: [fix] };
  });
}

async function examineNames(examination: Examination, session: Session): Promise<void> {
  await examination.tryOut('names', async () => {
    await assertReadableNames(session);
    return { detail: 'all names are UTF-8' };
  });
}

/** A set is seldom larger than its database. */
async function examineSize(
  examination: Examination,
  session: Session,
  folders: NonNullable<DatabaseOptions['folders']>,
): Promise<void> {
  await examination.tryOut('database size', async () => {
    const { bytes } = await session.queryOne<{ bytes: string }>(
      'SELECT pg_catalog.pg_database_size(current_database()) AS bytes',
    );
    const tight = folders.filter(({ freeBytes }) => freeBytes < Number(bytes));
    const size = speakBytes(Number(bytes));
    if (tight.length === 0) return { detail: `${size} on its server` };
    const places = tight.map(({ name, freeBytes }) => `${name} has ${speakBytes(freeBytes)} free`);
    return {
      detail: `${size} on its server, and ${places.join(', ')}: a backup may not fit`,
      status: 'warning',
      fix: ['# make room, or move the repository to a larger disk'],
    };
  });
}
