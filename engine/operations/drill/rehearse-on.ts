import { drillDatabaseName } from '../../domain/drill/drill-database-name.ts';
import { quoteIdentifier } from '../../domain/table-name.ts';
import { HoldfastError } from '../../errors.ts';
import { beat } from '../../postgres/backup/heartbeat.ts';
import { cleanUp } from '../../postgres/clean-up.ts';
import { pinServer } from '../../postgres/connection/pin-server.ts';
import { type ConnectionSettings, describeServer } from '../../postgres/connection-settings.ts';
import { dropLeftDatabases } from '../../postgres/drill/left-databases.ts';
import { openMaintenance } from '../../postgres/restore/maintenance-session.ts';
import { dropSubscriptions } from '../../postgres/restore/unfinished-database.ts';
import { isDamage } from '../../postgres/restore-program.ts';
import type { Session } from '../../postgres/session.ts';
import { databaseExists, dropDatabase } from '../../postgres/target-database.ts';
import type { Context } from '../context.ts';
import type { DrillRequest } from '../drill-request.ts';
import type { OpenedSet } from '../opened-set.ts';
import { assertCanBeProven, type Rehearsal } from '../rehearsal.ts';
import { runRestore } from '../restore/run-restore.ts';
import type { RestoreResult } from '../restore-request.ts';
import { describeReport } from './describe-report.ts';
import { type DrillFindings, notRestored } from './findings.ts';
import { judgeOnServer } from './judge-on-server.ts';

export interface NamedServerRequest extends DrillRequest {
  on: ConnectionSettings;
}

/**
 * Restores a set into a new database of a server that somebody named, judges it there, and drops it. What earlier drills left
 * there is dropped first. Objects belong to the role that restores, and no role is made: roles are of the whole server.
 * @throws HoldfastError for what says nothing of the set, such as a lost server; the next drill drops what is left then.
 */
export async function rehearseOn(
  context: Context,
  set: OpenedSet,
  request: NamedServerRequest,
): Promise<Rehearsal> {
  assertCanBeProven(set);
  const startedAt = context.clock.now();
  const name = drillDatabaseName(startedAt, context.randomTail());
  const to = { ...(await pinServer(request.on, name)), database: name };
  const also = [request.on.database, set.manifest.source.databaseName];
  const maintenance = await openMaintenance(to, { applicationName: name, also });
  const stop = new AbortController();
  const beating = beat(maintenance, { signal: stop.signal });
  const notes: string[] = [];
  const say = (note: string) => {
    notes.push(note);
    context.progress({ phase: 'target', note });
  };
  try {
    for (const note of await dropLeftDatabases(maintenance)) say(note);
    const made: MadeDatabase = { name };
    const work = () => restoreAndJudge({ context, set, request, to, made });
    const found = await droppedAfter(work, { maintenance, made, say });
    const serverVersion = await versionOf(maintenance).catch(() => 'unknown');
    const server = describeServer(request.on);
    const place = { testDatabase: name, serverVersion, isIsolated: false, server };
    return {
      report: describeReport({ context, set, request, startedAt, place, found, notes }),
      failure: found.failure,
      isOfBytes: found.failure !== undefined && isDamage(found.failure),
    };
  } finally {
    stop.abort();
    await beating;
    await maintenance.end();
  }
}

interface MadeDatabase {
  /** What it is called now: a restore that left something out gives it another name. */
  name: string;
}

interface WorkOptions {
  context: Context;
  set: OpenedSet;
  request: NamedServerRequest;
  to: ConnectionSettings;
  made: MadeDatabase;
}

async function restoreAndJudge(options: WorkOptions): Promise<DrillFindings> {
  const { context, set, request, to, made } = options;
  const restored = await restoreInto(options).catch((error: unknown) => {
    context.signal.throwIfAborted();
    if (isDamage(error) && error instanceof HoldfastError) return error;
    throw error;
  });
  if (restored instanceof HoldfastError) return notRestored(restored);
  made.name = restored.incomplete ?? made.name;
  context.signal.throwIfAborted();
  context.progress({ phase: 'judging' });
  const settings = { ...to, database: made.name };
  return judgeOnServer({ context, set, request, settings, restored });
}

function restoreInto({ context, set, request, to }: WorkOptions): Promise<RestoreResult> {
  return runRestore({
    context,
    set,
    request: {
      ...{ set: set.address.id, to, create: true, contents: 'all', roles: false, noOwner: true },
      ...{ jobs: request.jobs, dryRun: false, endSessions: false, keepGoing: true },
      ...{ tables: [], protectedDatabases: [] },
    },
  });
}

interface DropOptions {
  maintenance: Session;
  made: MadeDatabase;
  say: (note: string) => void;
}

/** Drops the database whatever came of the work. Where that fails, the next drill on the server does it. */
async function droppedAfter<T>(
  work: () => Promise<T>,
  { maintenance, made, say }: DropOptions,
): Promise<T> {
  const drop = async () => {
    const { name } = made;
    if (!(await databaseExists(maintenance, name))) return;
    await dropSubscriptions(maintenance, { name, limitSeconds: 300 });
    await dropDatabase(maintenance, name);
  };
  const dropped = () =>
    cleanUp({
      session: maintenance,
      undo: drop,
      remains: {
        what: `database ${made.name} stays on the server, because it could not be dropped`,
        hint: `The next \`holdfast drill --on\` on this server drops it, or: DROP DATABASE ${quoteIdentifier(made.name)} WITH (FORCE);`,
      },
    });
  let result: T;
  try {
    result = await work();
  } catch (failure) {
    const left = await dropped();
    throw left === undefined ? failure : left.addedTo(failure);
  }
  const left = await dropped();
  if (left !== undefined) say(left.note);
  return result;
}

async function versionOf(session: Session): Promise<string> {
  const { version } = await session.queryOne<{ version: string }>(
    "SELECT pg_catalog.current_setting('server_version') AS version",
  );
  return version;
}
