import { APPLICATION_NAME } from '../contract.ts';
import { type DrillCheck, type DrillReport, judge } from '../domain/drill-report.ts';
import type { TableComparison } from '../domain/restore-comparison.ts';
import { cutName, quoteIdentifier } from '../domain/table-name.ts';
import { HoldfastError, isHoldfastError } from '../errors.ts';
import type { ConnectionSettings } from '../postgres/connection-settings.ts';
import {
  checkAssertions,
  checkConstraints,
  checkIndexes,
  checkRecent,
} from '../postgres/judgement.ts';
import { withoutObstacles } from '../postgres/restore/overridden-settings.ts';
import { isDamage } from '../postgres/restore-program.ts';
import { createRoles } from '../postgres/roles.ts';
import { majorOf } from '../postgres/server-facts.ts';
import { Session } from '../postgres/session.ts';
import { createDatabase } from '../postgres/target-database.ts';
import { ThrowAwayServer } from '../postgres/throw-away-server.ts';
import { chooseToolset, type Toolset } from '../postgres/tools.ts';
import type { Context } from './context.ts';
import type { DrillRequest } from './drill-request.ts';
import type { OpenedSet } from './opened-set.ts';
import { giveSettings } from './restore/give-settings.ts';
import { assertFit, readTargetGaps } from './restore-requirements.ts';
import { restoreSet } from './restore-set.ts';
import { archiveMajor } from './restore-tools.ts';

export interface Rehearsal {
  report: DrillReport;
  /** Why the set did not restore, where it did not. */
  failure?: HoldfastError | undefined;
  /** The stored bytes of this copy are at fault; what a server refuses is in every copy. */
  isOfBytes: boolean;
}

/**
 * Restores a set into a throw-away server and judges what came of it. A set that its own server refuses, or whose bytes are bad, has failed too.
 * @throws HoldfastError for what is no fault of the data: no server programs, a missing extension, a signal.
 */
export async function rehearse(
  context: Context,
  set: OpenedSet,
  request: DrillRequest,
): Promise<Rehearsal> {
  assertCanBeProven(set);
  const startedAt = context.clock.now();
  const major = Math.max(archiveMajor(set.manifest), majorOf(set.manifest.source.serverVersionNum));
  const tools = chooseToolset(context.toolsets, { major, needsServer: true });
  context.progress({ phase: 'throw-away server' });
  const server = await ThrowAwayServer.start({
    tools,
    signal: context.signal,
    preloadLibraries: set.manifest.preloadLibraries,
  });
  try {
    const found = await restoreAndJudge({ context, set, request, server, tools });
    context.signal.throwIfAborted();
    return {
      report: describe({ context, set, request, startedAt, tools, found }),
      failure: found.failure,
      isOfBytes: false,
    };
  } catch (error) {
    context.signal.throwIfAborted();
    if (!isDamage(error) || !(error instanceof HoldfastError)) throw error;
    return {
      report: describe({ context, set, request, startedAt, tools, found: notRestored(error) }),
      failure: error,
      isOfBytes: true,
    };
  } finally {
    await server.stop();
  }
}

/** What a report says of a set that did not come back at all. */
function notRestored(failure: HoldfastError): Found {
  const checks = [{ name: 'The set restores', passed: false, detail: failure.message }];
  return { tables: [], checks, notes: [], restoreSeconds: 0, failure };
}

interface Found {
  tables: TableComparison[];
  checks: DrillCheck[];
  notes: string[];
  restoreSeconds: number;
  failure?: HoldfastError;
}

interface RehearsalOptions {
  context: Context;
  set: OpenedSet;
  request: DrillRequest;
  server: ThrowAwayServer;
  tools: Toolset;
}

async function restoreAndJudge({
  context,
  set,
  request,
  server,
  tools,
}: RehearsalOptions): Promise<Found> {
  const { manifest } = set;
  const database = drillDatabase(manifest.database);
  const { notes, settings } = await prepare({ context, set, request, server, tools }, database);
  const beganAt = context.clock.now().getTime();
  const options = {
    settings,
    tools,
    applicationName: APPLICATION_NAME,
    jobs: request.jobs,
    withoutTablespaces: true,
    disableTriggers: false,
    signal: context.signal,
    progress: context.progress,
  };
  const restored = await restoreSet(set, { ...options, contents: 'all' }).catch(refusalOf);
  if (restored instanceof HoldfastError) return notRestored(restored);
  const restoreSeconds = (context.clock.now().getTime() - beganAt) / 1000;
  context.progress({ phase: 'judging' });
  const session = await Session.open(settings, { applicationName: APPLICATION_NAME });
  try {
    const judged = await judgeDatabase(session, set, request);
    return {
      tables: restored.comparison,
      checks: [rowsCheck(restored.comparison), ...judged.checks],
      notes: [...notes, ...restored.notes, ...judged.notes],
      restoreSeconds,
    };
  } finally {
    await session.end();
  }
}

async function judgeDatabase(
  session: Session,
  { manifest }: OpenedSet,
  request: DrillRequest,
): Promise<{ checks: DrillCheck[]; notes: string[] }> {
  const { recent, assertions } = request.drillOf(manifest.database);
  const constraints = await checkConstraints(session);
  const indexes = await checkIndexes(session);
  const isComplete = manifest.selection.contents === 'all';
  return {
    checks: [
      ...constraints.checks,
      ...indexes.checks,
      ...(isComplete
        ? await checkRecent(session, { recent, backupStartedAt: manifest.startedAt })
        : []),
      ...(isComplete ? await checkAssertions(session, assertions) : []),
    ],
    notes: [...constraints.notes, ...indexes.notes],
  };
}

async function prepare(
  { context, set, server, tools }: RehearsalOptions,
  database: string,
): Promise<{ notes: string[]; settings: ConnectionSettings }> {
  const maintenance = await Session.open(server.connection(), {
    applicationName: APPLICATION_NAME,
  });
  try {
    if (set.has('globals')) await makeRoles(maintenance, set);
    const gaps = await readTargetGaps(maintenance, set.manifest);
    for (const role of gaps.roles)
      await maintenance.query(`CREATE ROLE ${quoteIdentifier(role)} NOLOGIN`);
    assertFit(gaps, { makesRoles: true });
    const note = await createDatabase(maintenance, database, {
      source: set.manifest.source,
      mayFallBack: true,
    });
    const missing = server.missingLibraries.map(
      (name) => `library ${name} is preloaded on the source and not on this machine`,
    );
    context.signal.throwIfAborted();
    const given = await giveSettings(set, { maintenance, database, tools, signal: context.signal });
    return {
      notes: [...missing, ...(note === undefined ? [] : [note]), ...given.notes],
      settings: await withoutObstacles(maintenance, server.connection(database)),
    };
  } finally {
    await maintenance.end();
  }
}

async function makeRoles(maintenance: Session, set: OpenedSet): Promise<void> {
  await createRoles(maintenance, await set.readText('globals'));
}

function assertCanBeProven({ manifest }: OpenedSet): void {
  if (manifest.selection.contents !== 'data') return;
  throw new HoldfastError({
    code: 'USAGE',
    message: `set ${manifest.id} holds data only, which can not be restored into an empty server`,
    hint: 'Verify it, and drill a set that has its schema; or restore it by hand (--data-only) into a database that has the tables.',
  });
}

/** A dump that its own server refuses is a data failure; whatever else went wrong is thrown as it is. */
function refusalOf(error: unknown): HoldfastError {
  if (
    !isHoldfastError(error, 'RESTORE_FAILED') ||
    error.retryable ||
    /extension|shared memory|No space|could not (extend|write|load|access)/.test(error.message)
  )
    throw error;
  return new HoldfastError({
    code: 'OBJECT_DAMAGED',
    message: `the set does not restore: ${error.message}`,
    hint: 'Take a new backup now, and look into the server log of the source.',
    cause: error,
  });
}

function rowsCheck(tables: readonly TableComparison[]): DrillCheck {
  const equal = tables.filter(({ isEqual }) => isEqual).length;
  const rows = tables.reduce((sum, { found }) => sum + (found ?? 0), 0);
  return {
    name: 'Row counts equal',
    passed: equal === tables.length,
    detail: `${equal} of ${tables.length} tables, ${rows} rows`,
  };
}

interface DescribeOptions {
  context: Context;
  set: OpenedSet;
  request: DrillRequest;
  startedAt: Date;
  tools: Toolset;
  found: Found;
}

function describe({
  context,
  set,
  request,
  startedAt,
  tools,
  found,
}: DescribeOptions): DrillReport {
  const completedAt = context.clock.now();
  return {
    schemaVersion: 1,
    date: startedAt.toISOString().slice(0, 10),
    tester: request.tester,
    host: context.actor.host,
    backup: {
      ...set.address,
      startedAt: set.manifest.startedAt,
      storedBytes: set.storedBytes,
      repository: context.repository.location,
    },
    testDatabase: drillDatabase(set.manifest.database),
    serverVersion: tools.version,
    startedAt: startedAt.toISOString(),
    completedAt: completedAt.toISOString(),
    restoreSeconds: found.restoreSeconds,
    durationSeconds: (completedAt.getTime() - startedAt.getTime()) / 1000,
    tables: found.tables,
    checks: found.checks,
    result: judge(found.checks),
    notes: [...(request.notes === undefined ? [] : [request.notes]), ...found.notes],
  };
}

function drillDatabase(name: string): string {
  return `${cutName(name, { bytes: 50 })}_drill`;
}
