import { APPLICATION_NAME } from '../contract.ts';
import { plaintextBytes, totalRows } from '../domain/manifest.ts';
import type { TableComparison } from '../domain/restore-comparison.ts';
import { cutName } from '../domain/table-name.ts';
import { HoldfastError, isHoldfastError } from '../errors.ts';
import { type ConnectionSettings, describeConnection, withDatabase } from '../postgres/connection-settings.ts';
import { createRoles } from '../postgres/roles.ts';
import { assertNoPooler, majorOf } from '../postgres/server-facts.ts';
import { Session } from '../postgres/session.ts';
import { countSessions, createDatabase, databaseExists, dropDatabase, swapDatabases } from '../postgres/target-database.ts';
import { audited } from './audit.ts';
import type { Context } from './context.ts';
import { applyDatabaseProperties } from './database-properties.ts';
import { type OpenedSet, openSet } from './opened-set.ts';
import { assertMayFill, assertTablesEmpty, type ProtectedDatabase } from './restore-guard.ts';
import { assertFit, readTargetGaps, type TargetGaps } from './restore-requirements.ts';
import { restoreSet } from './restore-set.ts';
import { restoreTables, type TableRequest, type TableResult } from './restore-tables.ts';
import { chooseRestoreTools } from './restore-tools.ts';

export interface RestoreRequest {
  set: string;
  to: ConnectionSettings;
  create: boolean;
  contents: 'all' | 'schema' | 'data';
  /** Makes the roles that the target lacks. */
  roles: boolean;
  jobs: number;
  dryRun: boolean;
  /** The name of the target database, said once more: it is replaced. */
  overwrite?: string | undefined;
  endSessions: boolean;
  tables: readonly TableRequest[];
  protectedDatabases: readonly ProtectedDatabase[];
}

export interface RestoreResult {
  set: string;
  target: string;
  isDryRun: boolean;
  steps: string[];
  rows: number;
  tables: TableComparison[];
  restoredTables: TableResult[];
  /** The name under which a replaced database was kept. */
  kept: string | null;
  seconds: number;
  notes: string[];
}

/** Restores a set, or tables of it, into a database. Refuses to write over anything unless `overwrite` names it. */
export async function restore(context: Context, request: RestoreRequest): Promise<RestoreResult> {
  const target = describeConnection(request.to);
  const run = async () => new RestoreRun(context, request, await openSet(context, request.set)).run();
  if (request.dryRun) return run();
  const subject = { operation: 'restore', plan: null, database: null, backup: null, target } as const;
  return audited(context, subject, async (notes) => {
    const set = await openSet(context, request.set);
    Object.assign(notes, { backup: set.address.id, plan: set.address.plan, database: set.address.database, bytes: set.storedBytes });
    if (request.tables.length > 0) notes.notes = `tables: ${request.tables.map(({ name }) => name).join(', ')}`;
    return new RestoreRun(context, request, set).run();
  });
}

class RestoreRun {
  readonly #context: Context;
  readonly #request: RestoreRequest;
  readonly #set: OpenedSet;
  readonly #beganAt: number;
  readonly #applicationName: string;
  readonly #steps: string[] = [];
  readonly #notes: string[] = [];

  constructor(context: Context, request: RestoreRequest, set: OpenedSet) {
    this.#context = context;
    this.#request = request;
    this.#set = set;
    this.#beganAt = context.clock.now().getTime();
    this.#applicationName = `${APPLICATION_NAME} restore ${set.address.id}`;
  }

  async run(): Promise<RestoreResult> {
    const { request } = { request: this.#request };
    if (request.overwrite !== undefined) return this.#overwrite(request.overwrite);
    if (request.create) return this.#inNewDatabase();
    return this.#inSession(request.to, (session) => (request.tables.length > 0 ? this.#tables(session) : this.#fill(session)));
  }

  /** Into a database that is there and empty. */
  async #fill(session: Session): Promise<RestoreResult> {
    const { contents } = this.#request;
    const gaps = await this.#check(session);
    if (contents === 'data') await assertTablesEmpty(session, this.#set.manifest);
    else await assertMayFill(session, this.#request);
    this.#describeSteps(gaps);
    if (this.#request.dryRun) return this.#result([]);
    return this.#result(await this.#restoreInto(session, gaps));
  }

  /** Into a database that we make, and drop again when anything fails. */
  async #inNewDatabase(): Promise<RestoreResult> {
    const { to, dryRun } = this.#request;
    return this.#inMaintenance(async (maintenance) => {
      const gaps = await this.#check(maintenance);
      if (await databaseExists(maintenance, to.database)) {
        throw new HoldfastError({
          code: 'TARGET_EXISTS',
          message: `database ${to.database} exists already`,
          hint: `Leave --create out to restore into it while it is empty, or replace it with --overwrite ${to.database}.`,
        });
      }
      this.#steps.push(`create database ${to.database}`);
      this.#describeSteps(gaps);
      if (dryRun) return this.#result([]);
      return this.#result(await this.#makeAndFill(maintenance, to.database, gaps));
    });
  }

  /** Beside the database, compared, and only then in its place. */
  async #overwrite(name: string): Promise<RestoreResult> {
    const { to, dryRun, endSessions } = this.#request;
    if (name !== to.database) throw wrongName(name, to.database);
    return this.#inMaintenance(async (maintenance) => {
      if (!(await databaseExists(maintenance, name))) throw missing(name);
      if (!endSessions && (await countSessions(maintenance, name)) > 0) throw busy(name);
      const gaps = await this.#check(maintenance);
      const restored = `${cutName(name, { bytes: 40 })}_restored_${this.#set.address.id.slice(-4)}${this.#context.randomTail()}`;
      const kept = `${cutName(name, { bytes: 39 })}_replaced_${this.#context.clock.now().toISOString().replace(/\D/g, '').slice(0, 14)}`;
      this.#steps.push(`create database ${restored} beside ${name}`);
      this.#describeSteps(gaps);
      this.#steps.push(`rename ${name} to ${kept} and ${restored} to ${name}, in one transaction`);
      if (dryRun) return this.#result([]);
      const comparison = await this.#makeAndFill(maintenance, restored, gaps);
      await swapDatabases(maintenance, name, { restored, kept, endSessions });
      return { ...this.#result(comparison), kept };
    });
  }

  async #makeAndFill(maintenance: Session, database: string, gaps: TargetGaps): Promise<TableComparison[]> {
    await createDatabase(maintenance, database, { source: this.#set.manifest.source });
    try {
      const comparison = await this.#inSession(withDatabase(this.#request.to, database), (session) => this.#restoreInto(session, gaps));
      const options = { maintenance, database, tools: this.#tools(maintenance), signal: this.#context.signal };
      const note = await applyDatabaseProperties(this.#set, options);
      if (note !== undefined) this.#notes.push(note);
      return comparison;
    } catch (error) {
      await dropDatabase(maintenance, database).catch(() => undefined);
      throw error;
    }
  }

  async #restoreInto(session: Session, gaps: TargetGaps): Promise<TableComparison[]> {
    const { contents, jobs } = this.#request;
    if (this.#request.roles && this.#set.has('globals')) await this.#makeRoles(session);
    const { isSuperuser } = await session.queryOne<{ isSuperuser: boolean }>(
      'SELECT rolsuper AS "isSuperuser" FROM pg_catalog.pg_roles WHERE rolname = current_user',
    );
    const { comparison, notes } = await restoreSet(this.#set, {
      settings: session.settings,
      tools: this.#tools(session),
      applicationName: this.#applicationName,
      contents,
      jobs,
      withoutTablespaces: gaps.tablespaces.length > 0,
      disableTriggers: contents === 'data' && isSuperuser,
      signal: this.#context.signal,
      progress: this.#context.progress,
    });
    this.#notes.push(...notes);
    return comparison;
  }

  async #makeRoles(session: Session): Promise<void> {
    const chunks: Uint8Array[] = [];
    for await (const chunk of this.#set.read('globals')) chunks.push(chunk);
    const { created, withheld } = await createRoles(session, Buffer.concat(chunks).toString('utf8'));
    if (created.length > 0) this.#notes.push(`made roles without login: ${created.join(', ')}`);
    if (withheld.length > 0) this.#notes.push(`not given, because this role may not: ${withheld.join(', ')}`);
  }

  async #tables(session: Session): Promise<RestoreResult> {
    await assertNoPooler(session);
    const restoredTables = await restoreTables(this.#set, {
      session,
      requests: this.#request.tables,
      tools: this.#tools(session),
      applicationName: this.#applicationName,
      dryRun: this.#request.dryRun,
      signal: this.#context.signal,
      progress: this.#context.progress,
      onNote: (note) => this.#notes.push(note),
    });
    this.#steps.push(...restoredTables.map(({ step }) => step));
    return { ...this.#result([]), restoredTables, rows: restoredTables.reduce((sum, { rows }) => sum + rows, 0) };
  }

  async #check(session: Session): Promise<TargetGaps> {
    await assertNoPooler(session);
    this.#tools(session);
    const gaps = await readTargetGaps(session, this.#set.manifest);
    assertFit(gaps, { makesRoles: this.#request.roles });
    if (gaps.tablespaces.length > 0)
      this.#notes.push(`the target has no tablespace ${gaps.tablespaces.join(', ')}; all goes into its default`);
    return gaps;
  }

  #tools(session: Session) {
    return chooseRestoreTools(this.#context.toolsets, { manifest: this.#set.manifest, targetMajor: majorOf(session.serverVersionNum) });
  }

  #describeSteps({ roles }: TargetGaps): void {
    const { manifest } = this.#set;
    const { contents, jobs } = this.#request;
    if (this.#request.roles && roles.length > 0) this.#steps.push(`create roles ${roles.join(', ')} (NOLOGIN)`);
    if (contents !== 'data') this.#steps.push(`restore the definitions of ${manifest.tables.length} tables`);
    if (contents !== 'schema')
      this.#steps.push(
        `stream ${totalRows(manifest)} rows (${plaintextBytes(manifest)} bytes of text) from ${this.#context.repository.location}`,
      );
    if (contents !== 'data') this.#steps.push(`build keys and indexes, ${jobs} at a time`);
    if (contents !== 'schema') this.#steps.push('count the rows of every table and compare them with the manifest');
  }

  #result(tables: TableComparison[]): RestoreResult {
    return {
      set: this.#set.address.id,
      target: describeConnection(this.#request.to),
      isDryRun: this.#request.dryRun,
      steps: this.#steps,
      rows: tables.reduce((sum, { found }) => sum + (found ?? 0), 0),
      tables,
      restoredTables: [],
      kept: null,
      seconds: (this.#context.clock.now().getTime() - this.#beganAt) / 1000,
      notes: this.#notes,
    };
  }

  async #inSession<T>(settings: ConnectionSettings, work: (session: Session) => Promise<T>): Promise<T> {
    const session = await Session.open(settings, { applicationName: this.#applicationName });
    try {
      return await work(session);
    } finally {
      await session.end();
    }
  }

  /** A session on another database of the target's server, from which databases can be made and renamed. */
  async #inMaintenance<T>(work: (session: Session) => Promise<T>): Promise<T> {
    const attempt = (database: string) =>
      Session.open(withDatabase(this.#request.to, database), { applicationName: this.#applicationName });
    const session = await attempt('postgres').catch((error: unknown) => {
      if (isHoldfastError(error) && !/3D000|42501/.test(error.message)) throw error;
      return attempt('template1');
    });
    try {
      return await work(session);
    } finally {
      await session.end();
    }
  }
}

function wrongName(given: string, database: string): HoldfastError {
  return new HoldfastError({
    code: 'USAGE',
    message: `--overwrite names ${given}, but --to is database ${database}`,
    hint: `To replace it, say its name: --overwrite ${database}`,
  });
}

function missing(name: string): HoldfastError {
  return new HoldfastError({
    code: 'TARGET_MISSING',
    message: `there is no database ${name} to replace`,
    hint: 'Use --create to make it.',
  });
}

function busy(name: string): HoldfastError {
  return new HoldfastError({
    code: 'TARGET_IN_USE',
    message: `database ${name} has sessions`,
    hint: 'Stop the application first, or add --end-sessions.',
  });
}
