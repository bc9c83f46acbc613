import type { DrillConfig } from '../config/schema.ts';
import { APPLICATION_NAME, PREFIX } from '../contract.ts';
import { basicTime } from '../domain/backup-id.ts';
import { type DrillCheck, type DrillReport, judge, renderDrillReport } from '../domain/drill-report.ts';
import { encodeName } from '../domain/key.ts';
import type { TableComparison } from '../domain/restore-comparison.ts';
import { cutName } from '../domain/table-name.ts';
import { HoldfastError, isHoldfastError } from '../errors.ts';
import { checkAssertions, checkConstraints, checkIndexes, checkRecent } from '../postgres/judgement.ts';
import { createRoles } from '../postgres/roles.ts';
import { majorOf } from '../postgres/server-facts.ts';
import { Session } from '../postgres/session.ts';
import { createDatabase } from '../postgres/target-database.ts';
import { ThrowAwayServer } from '../postgres/throw-away-server.ts';
import { chooseToolset, type Toolset } from '../postgres/tools.ts';
import { audited } from './audit.ts';
import type { Context } from './context.ts';
import { type OpenedSet, openSet } from './opened-set.ts';
import { assertFit, readTargetGaps } from './restore-requirements.ts';
import { restoreSet } from './restore-set.ts';
import { archiveMajor } from './restore-tools.ts';
import { putMark, suspect } from './verify.ts';

export interface DrillRequest {
  set: string;
  tester: string;
  notes?: string | undefined;
  jobs: number;
  /** By the name of the database, since the set decides which one it is. */
  drillOf: (database: string) => DrillConfig;
}

export interface DrillResult {
  report: DrillReport;
  /** Keys of the report in the repository. */
  reportKey: string;
  textKey: string;
}

/**
 * Restores a set into a throw-away server, judges it, and records it: PROVEN, or SUSPECT when the data failed.
 * An environment that fails (no server programs, a missing extension) leaves the state and throws.
 * @throws HoldfastError DRILL_FAILED when the backup was found wanting; the report is stored then too.
 */
export async function drill(context: Context, request: DrillRequest): Promise<DrillResult> {
  const subject = { operation: 'drill', plan: null, database: null, backup: null, target: 'throw-away server' } as const;
  return audited(context, subject, async (notes) => {
    const set = await openSet(context, request.set);
    Object.assign(notes, { backup: set.address.id, plan: set.address.plan, database: set.address.database, bytes: set.storedBytes });
    if (request.notes !== undefined) notes.notes = request.notes;
    const report = await rehearse(context, set, request).catch((error: unknown) => suspect(context, set, error));
    const keys = await storeReport(context, report);
    await markSet(context, set, report);
    if (report.result === 'FAIL') throw failed(report);
    return { report, ...keys };
  });
}

async function rehearse(context: Context, set: OpenedSet, request: DrillRequest): Promise<DrillReport> {
  assertCanBeProven(set);
  const startedAt = context.clock.now();
  const major = Math.max(archiveMajor(set.manifest), majorOf(set.manifest.source.serverVersionNum));
  const tools = chooseToolset(context.toolsets, { major, needsServer: true });
  context.progress({ phase: 'throw-away server' });
  const server = await ThrowAwayServer.start({ tools, signal: context.signal, preloadLibraries: set.manifest.preloadLibraries });
  try {
    const found = await restoreAndJudge({ context, set, request, server, tools });
    context.signal.throwIfAborted();
    return describe({ context, set, request, startedAt, tools, found });
  } catch (error) {
    throw context.signal.aborted ? context.signal.reason : error;
  } finally {
    await server.stop();
  }
}

interface Found {
  tables: TableComparison[];
  checks: DrillCheck[];
  notes: string[];
  restoreSeconds: number;
}

interface RehearsalOptions {
  context: Context;
  set: OpenedSet;
  request: DrillRequest;
  server: ThrowAwayServer;
  tools: Toolset;
}

async function restoreAndJudge({ context, set, request, server, tools }: RehearsalOptions): Promise<Found> {
  const { manifest } = set;
  const database = drillDatabase(manifest.database);
  const notes = await prepare({ context, set, request, server, tools }, database);
  const beganAt = context.clock.now().getTime();
  const settings = server.connection(database);
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
  const restored = await restoreSet(set, { ...options, contents: 'all' }).catch((error: unknown) => {
    throw asData(error);
  });
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
      ...(isComplete ? await checkRecent(session, { recent, backupStartedAt: manifest.startedAt }) : []),
      ...(isComplete ? await checkAssertions(session, assertions) : []),
    ],
    notes: [...constraints.notes, ...indexes.notes],
  };
}

async function prepare({ context, set, server }: RehearsalOptions, database: string): Promise<string[]> {
  const maintenance = await Session.open(server.connection(), { applicationName: APPLICATION_NAME });
  try {
    if (set.has('globals')) await makeRoles(maintenance, set);
    const gaps = await readTargetGaps(maintenance, set.manifest);
    for (const role of gaps.roles) await maintenance.query(`CREATE ROLE "${role.replaceAll('"', '""')}" NOLOGIN`);
    assertFit(gaps, { makesRoles: true });
    const note = await createDatabase(maintenance, database, { source: set.manifest.source, mayFallBack: true });
    const missing = server.missingLibraries.map((name) => `library ${name} is preloaded on the source and not on this machine`);
    context.signal.throwIfAborted();
    return [...missing, ...(note === undefined ? [] : [note])];
  } finally {
    await maintenance.end();
  }
}

async function makeRoles(maintenance: Session, set: OpenedSet): Promise<void> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of set.read('globals')) chunks.push(chunk);
  await createRoles(maintenance, Buffer.concat(chunks).toString('utf8'));
}

function assertCanBeProven({ manifest }: OpenedSet): void {
  if (manifest.selection.contents !== 'data') return;
  throw new HoldfastError({
    code: 'USAGE',
    message: `set ${manifest.id} holds data only, which can not be restored into an empty server`,
    hint: 'Verify it, and drill a set that has its schema; or restore it by hand (--data-only) into a database that has the tables.',
  });
}

/** A dump that its own server refuses is a data failure; whatever else went wrong stays what it is. */
function asData(error: unknown): unknown {
  if (
    !isHoldfastError(error, 'RESTORE_FAILED') ||
    error.retryable ||
    /extension|shared memory|No space|could not (extend|write|load|access)/.test(error.message)
  )
    return error;
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
  return { name: 'Row counts equal', passed: equal === tables.length, detail: `${equal} of ${tables.length} tables, ${rows} rows` };
}

interface DescribeOptions {
  context: Context;
  set: OpenedSet;
  request: DrillRequest;
  startedAt: Date;
  tools: Toolset;
  found: Found;
}

function describe({ context, set, request, startedAt, tools, found }: DescribeOptions): DrillReport {
  const completedAt = context.clock.now();
  return {
    schemaVersion: 1,
    date: startedAt.toISOString().slice(0, 10),
    tester: request.tester,
    host: context.actor.host,
    backup: { ...set.address, startedAt: set.manifest.startedAt, storedBytes: set.storedBytes, repository: context.repository.location },
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

async function storeReport({ repository }: Context, report: DrillReport): Promise<{ reportKey: string; textKey: string }> {
  const stem = `${PREFIX.drills}/${encodeName(report.backup.database)}/${basicTime(new Date(report.completedAt))}-${report.backup.id}`;
  await repository.put(`${stem}.json`, Buffer.from(`${JSON.stringify(report, null, 2)}\n`));
  await repository.put(`${stem}.txt`, Buffer.from(renderDrillReport(report)));
  return { reportKey: `${stem}.json`, textKey: `${stem}.txt` };
}

async function markSet(context: Context, set: OpenedSet, report: DrillReport): Promise<void> {
  const failedChecks = report.checks.filter(({ passed }) => !passed).map(({ name }) => name);
  const mark = report.result === 'PASS' ? 'proven' : 'suspect';
  await putMark(context, set, { mark, content: { tester: report.tester, restoreSeconds: report.restoreSeconds, failedChecks } });
}

function failed(report: DrillReport): HoldfastError {
  const checks = report.checks.filter(({ passed }) => !passed).map(({ name, detail }) => `${name}: ${detail}`);
  return new HoldfastError({
    code: 'DRILL_FAILED',
    message: `the drill of ${report.backup.id} failed: ${checks.join('; ')}`,
    hint: 'The set is SUSPECT now. Look at the report, take a new backup, and find out what changed in the database.',
  });
}
