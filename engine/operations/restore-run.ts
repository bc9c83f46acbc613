import { APPLICATION_NAME } from '../contract.ts';
import type { PropertyKind } from '../domain/restore/database-statements.ts';
import type { FailedEntry } from '../domain/restore/failed-entry.ts';
import type { TableComparison } from '../domain/restore-comparison.ts';
import { cutName } from '../domain/table-name.ts';
import { isHoldfastError } from '../errors.ts';
import {
  type ConnectionSettings,
  describeConnection,
  withDatabase,
} from '../postgres/connection-settings.ts';
import { withoutObstacles } from '../postgres/restore/overridden-settings.ts';
import { createRoles } from '../postgres/roles.ts';
import { assertNoPooler, majorOf } from '../postgres/server-facts.ts';
import { Session } from '../postgres/session.ts';
import {
  alreadyExists,
  createDatabase,
  databaseExists,
  dropDatabase,
  swapDatabases,
} from '../postgres/target-database.ts';
import type { Context } from './context.ts';
import { giveProperties, readDatabaseProperties } from './database-properties.ts';
import type { OpenedSet } from './opened-set.ts';
import {
  asRefusedRight,
  assertMayCreate,
  assertMayFill,
  assertMaySwap,
  type RightsOptions,
  type RoleOfRestore,
} from './restore/restore-rights.ts';
import {
  assertEmpty,
  assertMayReplace,
  assertNotProtected,
  assertSaidTwice,
  assertTablesEmpty,
} from './restore-guard.ts';
import type { RestoreRequest, RestoreResult } from './restore-request.ts';
import { assertFit, readTargetGaps, type TargetGaps } from './restore-requirements.ts';
import { assertEqualRows, restoreSet } from './restore-set.ts';
import { restoreSteps } from './restore-steps.ts';
import { restoreTables } from './restore-tables.ts';
import { chooseRestoreTools } from './restore-tools.ts';
import { asUnfinished } from './unfinished-restore.ts';

/** One restore: into an empty database, a new one, in the place of another, or of single tables. */
export class RestoreRun {
  readonly #context: Context;
  readonly #request: RestoreRequest;
  readonly #set: OpenedSet;
  readonly #beganAt: number;
  readonly #applicationName: string;
  readonly #steps: string[] = [];
  readonly #notes: string[] = [];
  readonly #failures: FailedEntry[] = [];

  constructor(context: Context, request: RestoreRequest, set: OpenedSet) {
    this.#context = context;
    this.#request = request;
    this.#set = set;
    this.#beganAt = context.clock.now().getTime();
    this.#applicationName = `${APPLICATION_NAME} restore ${set.address.id}`;
  }

  async run(): Promise<RestoreResult> {
    return this.#start().catch((error: unknown) => {
      throw asRefusedRight(error, this.#role());
    });
  }

  #role(): RoleOfRestore {
    const { to, otherLogin } = this.#request;
    return { role: to.user, otherLogin };
  }

  #rights(gaps: TargetGaps): RightsOptions {
    return { ...this.#role(), makesRoles: this.#request.roles ? gaps.roles : [] };
  }

  async #start(): Promise<RestoreResult> {
    const request = this.#request;
    if (request.overwrite !== undefined) return this.#overwrite(request.overwrite);
    if (request.create) return this.#inNewDatabase();
    return this.#inSession(request.to, (session) =>
      request.tables.length > 0 ? this.#tables(session) : this.#fill(session),
    );
  }

  /** Into a database that is there and empty, or for data only into its empty tables, in one transaction. */
  async #fill(session: Session): Promise<RestoreResult> {
    const { contents } = this.#request;
    const gaps = await this.#check(session);
    await assertNotProtected(session, this.#request);
    if (contents === 'data') await assertTablesEmpty(session, this.#set.manifest);
    else await assertEmpty(session);
    if (contents !== 'data') await assertMayFill(session, this.#rights(gaps));
    this.#describeSteps(gaps);
    if (this.#request.dryRun) return this.#result([]);
    try {
      const settings = contents === 'data' ? session.settings : await this.#prepare(session);
      return this.#result(
        await this.#inSession(settings, (prepared) => this.#restoreInto(prepared, gaps)),
      );
    } catch (error) {
      throw contents === 'data' ? error : await asUnfinished(error, session);
    }
  }

  /**
   * Gives a database that is there the settings that values depend on, before any value comes, and
   * what else of the source's it may have. Its owner and its limits are those of who made it.
   */
  async #prepare(session: Session): Promise<ConnectionSettings> {
    const { database } = session.settings;
    const properties = await readDatabaseProperties(this.#set, this.#programOptions(session));
    this.#notes.push(
      ...properties.notes,
      ...(await giveProperties(session, properties, {
        database,
        kinds: ['setting', 'description', 'grant'],
      })),
    );
    const kept = properties.statements.filter(({ kind }) => kind === 'owner' || kind === 'limit');
    if (kept.length > 0)
      this.#notes.push(
        `database ${database} was there before and keeps its own; of the source's: ${kept.map(({ what }) => what).join(', ')}`,
      );
    return withoutObstacles(session, session.settings);
  }

  #programOptions(session: Session) {
    return { tools: this.#tools(session), signal: this.#context.signal };
  }

  /** Into a database that we make, and drop again when anything fails. */
  async #inNewDatabase(): Promise<RestoreResult> {
    const { to, dryRun } = this.#request;
    return this.#inMaintenance(async (maintenance) => {
      const gaps = await this.#check(maintenance);
      if (await databaseExists(maintenance, to.database)) {
        throw alreadyExists(to.database);
      }
      await assertMayCreate(maintenance, this.#rights(gaps));
      this.#steps.push(`create database ${to.database}`);
      this.#describeSteps(gaps);
      if (dryRun) return this.#result([]);
      return this.#result(await this.#makeAndFill(maintenance, to.database, gaps));
    });
  }

  /** Beside the database, compared, and only then in its place. */
  async #overwrite(name: string): Promise<RestoreResult> {
    const { to, dryRun, endSessions } = this.#request;
    assertSaidTwice(name, to.database);
    return this.#inMaintenance(async (maintenance) => {
      await assertMayReplace(maintenance, { name, endSessions });
      const gaps = await this.#check(maintenance);
      await assertMaySwap(maintenance, { name, endSessions, ...this.#rights(gaps) });
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

  async #makeAndFill(
    maintenance: Session,
    database: string,
    gaps: TargetGaps,
  ): Promise<TableComparison[]> {
    await createDatabase(maintenance, database, { source: this.#set.manifest.source });
    try {
      const properties = await readDatabaseProperties(this.#set, this.#programOptions(maintenance));
      const give = (kinds: readonly PropertyKind[]) =>
        giveProperties(maintenance, properties, { database, kinds });
      // The owner of a table needs CREATE on its schema, and in public the database's owner has it.
      // Without the right, or the role, to give it now, the database gets its owner at the end.
      await give(['owner']);
      this.#notes.push(...properties.notes, ...(await give(['setting'])));
      const target = withDatabase(this.#request.to, database);
      const comparison = await this.#inSession(
        await withoutObstacles(maintenance, target),
        (session) => this.#restoreInto(session, gaps),
      );
      this.#notes.push(...(await give(['description', 'owner', 'grant', 'limit'])));
      return comparison;
    } catch (error) {
      await dropDatabase(maintenance, database).catch(() => undefined);
      throw error;
    }
  }

  async #restoreInto(session: Session, gaps: TargetGaps): Promise<TableComparison[]> {
    const { contents, jobs, keepGoing } = this.#request;
    if (this.#request.roles && this.#set.has('globals')) await this.#makeRoles(session);
    const { isSuperuser } = await session.queryOne<{ isSuperuser: boolean }>(
      'SELECT rolsuper AS "isSuperuser" FROM pg_catalog.pg_roles WHERE rolname = current_user',
    );
    const { comparison, notes, failures } = await restoreSet(this.#set, {
      settings: session.settings,
      tools: this.#tools(session),
      applicationName: this.#applicationName,
      contents,
      jobs,
      keepGoing,
      withoutTablespaces: gaps.tablespaces.length > 0,
      disableTriggers: contents === 'data' && isSuperuser,
      signal: this.#context.signal,
      progress: this.#context.progress,
    });
    if (!keepGoing) assertEqualRows(comparison);
    this.#failures.push(...failures);
    this.#notes.push(...notes);
    return comparison;
  }

  async #makeRoles(session: Session): Promise<void> {
    const { created, withheld } = await createRoles(session, await this.#set.readText('globals'));
    if (created.length > 0) this.#notes.push(`made roles without login: ${created.join(', ')}`);
    if (withheld.length > 0)
      this.#notes.push(`not given, because this role may not: ${withheld.join(', ')}`);
  }

  async #tables(session: Session): Promise<RestoreResult> {
    await assertNoPooler(session);
    if (this.#request.roles && this.#set.has('globals') && !this.#request.dryRun)
      await this.#makeRoles(session);
    const restoredTables = await restoreTables(this.#set, {
      session,
      requests: this.#request.tables,
      tools: this.#tools(session),
      applicationName: this.#applicationName,
      dryRun: this.#request.dryRun,
      role: this.#role(),
      signal: this.#context.signal,
      progress: this.#context.progress,
      onNote: (note) => this.#notes.push(note),
      keepGoing: this.#request.keepGoing,
      onFailures: (failures) => this.#failures.push(...failures),
    });
    this.#steps.push(...restoredTables.map(({ step }) => step));
    return {
      ...this.#result([]),
      restoredTables,
      rows: restoredTables.reduce((sum, { rows }) => sum + rows, 0),
    };
  }

  async #check(session: Session): Promise<TargetGaps> {
    await assertNoPooler(session);
    this.#tools(session);
    const gaps = await readTargetGaps(session, this.#set.manifest);
    if (!this.#request.keepGoing) assertFit(gaps, { makesRoles: this.#request.roles });
    if (gaps.tablespaces.length > 0)
      this.#notes.push(
        `the target has no tablespace ${gaps.tablespaces.join(', ')}; all goes into its default`,
      );
    return gaps;
  }

  #tools(session: Session) {
    return chooseRestoreTools(this.#context.toolsets, {
      manifest: this.#set.manifest,
      targetMajor: majorOf(session.serverVersionNum),
    });
  }

  #describeSteps(gaps: TargetGaps): void {
    this.#steps.push(
      ...restoreSteps(this.#set.manifest, {
        ...this.#request,
        gaps,
        repository: this.#context.repository.location,
      }),
    );
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
      failures: this.#failures,
      kept: null,
      seconds: (this.#context.clock.now().getTime() - this.#beganAt) / 1000,
      notes: this.#notes,
    };
  }

  async #inSession<T>(
    settings: ConnectionSettings,
    work: (session: Session) => Promise<T>,
  ): Promise<T> {
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
      Session.open(withDatabase(this.#request.to, database), {
        applicationName: this.#applicationName,
      });
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
