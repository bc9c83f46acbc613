import { APPLICATION_NAME } from '../contract.ts';
import type { DrillCheck, DrillReport } from '../domain/drill-report.ts';
import type { LogicalManifest } from '../domain/manifest.ts';
import { HoldfastError } from '../errors.ts';
import type { WatchSettings } from '../postgres/connection-settings.ts';
import { ERROR_LOG_SETTINGS } from '../postgres/drill/error-log.ts';
import { preloadedFor } from '../postgres/drill/preloaded.ts';
import { isDamage } from '../postgres/restore-program.ts';
import { majorOf } from '../postgres/server-facts.ts';
import { Session } from '../postgres/session.ts';
import { ThrowAwayServer } from '../postgres/throw-away-server.ts';
import { chooseToolset, type Toolset } from '../postgres/tools.ts';
import { tablesLost } from './catalog/earlier-set.ts';
import type { Context } from './context.ts';
import { checkStructure } from './drill/check-structure.ts';
import { describeReport } from './drill/describe-report.ts';
import { inSurroundings, prepareDrillDatabase } from './drill/drill-database.ts';
import { type DrillRestore, refusalOf, restoreForDrill } from './drill/drill-restore.ts';
import { emptyCheck } from './drill/empty-check.ts';
import { type DrillFindings, nothingRestored, notRestored } from './drill/findings.ts';
import { judgeDatabase } from './drill/judge-database.ts';
import type { DrillRequest } from './drill-request.ts';
import type { OpenedSet } from './opened-set.ts';
import { archiveMajor } from './restore-tools.ts';

export interface Rehearsal {
  report: DrillReport;
  /** Why the set did not restore, where it did not. */
  failure?: HoldfastError | undefined;
  /** The stored bytes of this copy are at fault; what a server refuses is in every copy. */
  isOfBytes: boolean;
}

/**
 * Restores a set into a throw-away server and judges what came of it. A set that its own server refuses, or whose bytes are bad, has
 * failed too; where only this machine lacks something, the result is NOT SHOWN.
 * @throws HoldfastError for what says nothing of the set: no server programs, a lost server, a signal.
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
  const database = set.manifest.source.databaseName;
  const preloaded = preloadedFor(set.manifest, { tools, database });
  const server = await ThrowAwayServer.start({
    tools,
    signal: context.signal,
    preloadLibraries: preloaded.libraries,
    settings: [...ERROR_LOG_SETTINGS, ...preloaded.settings, locksFor(set.manifest)],
    isIsolated: true,
    watch: watchOf(context),
    onNote: (note) => context.progress({ phase: 'throw-away server', note }),
  });
  const { isIsolated } = server;
  const place = { testDatabase: database, serverVersion: tools.version, isIsolated };
  const described = { context, set, request, startedAt, place };
  try {
    const missing = preloaded.missing.map(
      (name) => `library ${name} is preloaded on the source and not on this machine`,
    );
    const found = await restoreAndJudge({ context, set, request, server, tools, database });
    context.signal.throwIfAborted();
    const notes = [...missing, ...found.notes];
    return {
      report: describeReport({ ...described, found: { ...found, notes } }),
      failure: found.failure,
      isOfBytes: false,
    };
  } catch (error) {
    context.signal.throwIfAborted();
    if (!isDamage(error) || !(error instanceof HoldfastError)) throw error;
    return {
      report: describeReport({ ...described, found: notRestored(error) }),
      failure: error,
      isOfBytes: true,
    };
  } finally {
    await server.stop();
  }
}

function watchOf({ stallTimeoutSeconds }: Context): WatchSettings | undefined {
  return stallTimeoutSeconds === undefined ? undefined : { stallTimeoutSeconds };
}

interface RehearsalOptions {
  context: Context;
  set: OpenedSet;
  request: DrillRequest;
  server: ThrowAwayServer;
  tools: Toolset;
  database: string;
}

async function restoreAndJudge(options: RehearsalOptions): Promise<DrillFindings> {
  const { context, set, request, server, tools, database } = options;
  const surroundings = await prepareDrillDatabase(server, {
    ...{ set, database, tools, signal: context.signal },
  });
  context.signal.throwIfAborted();
  if (surroundings.blocking.length > 0) return nothingRestored(surroundings.blocking);
  const beganAt = context.clock.now().getTime();
  const { settings } = surroundings;
  const restored = await restoreForDrill(set, {
    ...{ settings, tools, applicationName: APPLICATION_NAME, jobs: request.jobs },
    ...{ signal: context.signal, progress: context.progress, server },
  }).catch(refusalOf);
  if (restored instanceof HoldfastError) return notRestored(restored);
  const restoreSeconds = (context.clock.now().getTime() - beganAt) / 1000;
  context.progress({ phase: 'judging' });
  const session = await Session.open(settings, { applicationName: APPLICATION_NAME });
  try {
    const { manifest } = set;
    const config = request.drillOf(manifest.database);
    const { items, absent } = restored;
    const structure = await checkStructure(set, {
      ...{ server, settings, tools, absent, expected: items.schema, jobs: request.jobs },
      ...{ applicationName: APPLICATION_NAME, signal: context.signal },
    });
    const judged = await judgeDatabase(session, { manifest, config, items });
    const empty = await judgeEmptiness(restored, options);
    const checks = [...restored.checks, ...empty, structure.check, ...judged.checks];
    return {
      tables: restored.comparison,
      checks: inSurroundings(checks, surroundings),
      exceptions: restored.exceptions,
      notes: [...surroundings.notes, ...restored.notes, ...structure.notes, ...judged.notes],
      restoreSeconds,
    };
  } finally {
    await session.end();
  }
}

async function judgeEmptiness(
  restored: DrillRestore,
  { context, set, request }: RehearsalOptions,
): Promise<DrillCheck[]> {
  const { manifest } = set;
  if (request.expectsEmpty?.(manifest.database) === true) return [];
  const lost = await tablesLost(manifest, context);
  return emptyCheck(restored, { selection: manifest.selection, lost });
}

/** @throws HoldfastError USAGE for a set of rows alone. */
export function assertCanBeProven({ manifest }: OpenedSet): void {
  if (manifest.selection.contents !== 'data') return;
  throw new HoldfastError({
    code: 'USAGE',
    message: `set ${manifest.id} holds data only, which can not be restored into an empty server`,
    hint: 'Verify it, and drill a set that has its schema; or restore it by hand (--data-only) into a database that has the tables.',
  });
}

/** pg_dump locks all tables in one transaction. */
function locksFor({ tables }: LogicalManifest): string {
  return `max_locks_per_transaction=${256 + Math.ceil(tables.length / 25)}`;
}
