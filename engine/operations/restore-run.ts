import { APPLICATION_NAME } from '../contract.ts';
import type { TocEntry } from '../domain/archive-toc.ts';
import type { FailedEntry } from '../domain/restore/failed-entry.ts';
import { undoOverwrite } from '../domain/restore/undo-overwrite.ts';
import type { TableComparison } from '../domain/restore-comparison.ts';
import { cutName, quoteIdentifier } from '../domain/table-name.ts';
import { type ConnectionSettings, describeConnection } from '../postgres/connection-settings.ts';
import { assertNotAtHome, extensionsAtHomeIn } from '../postgres/restore/home-extensions.ts';
import { openMaintenance } from '../postgres/restore/maintenance-session.ts';
import {
  serverOption,
  withoutObstacles,
  withServerOptions,
} from '../postgres/restore/overridden-settings.ts';
import { isSuperuser, superuserToAct } from '../postgres/restore/role-membership.ts';
import { leftUnfinished } from '../postgres/restore/unfinished-database.ts';
import { createRoles } from '../postgres/roles.ts';
import { assertNoPooler, majorOf, remarkOnMajor } from '../postgres/server-facts.ts';
import { Session } from '../postgres/session.ts';
import {
  alreadyExists,
  databaseExists,
  renameDatabase,
  swapDatabases,
} from '../postgres/target-database.ts';
import type { Context } from './context.ts';
import { giveProperties, readDatabaseProperties, readDefinitions } from './database-properties.ts';
import type { OpenedSet } from './opened-set.ts';
import { besideOthers } from './restore/beside-others.ts';
import { differencesOf } from './restore/existing-database.ts';
import { fillNewDatabase, finishDatabase, unnamed } from './restore/new-database.ts';
import { asMemberOf, ownersOf } from './restore/owners.ts';
import {
  asRefusedRight,
  assertMayCreate,
  assertMayFill,
  assertMaySwap,
  type RightsOptions,
  type RoleOfRestore,
} from './restore/restore-rights.ts';
import { assertScratchRoom, assertTargetRoom } from './restore/restore-room.ts';
import { describeTies } from './restore/ties.ts';
import {
  assertEmpty,
  assertMayReplace,
  assertNotProtected,
  assertSaidTwice,
  assertTablesEmpty,
} from './restore-guard.ts';
import type { RestoreRequest, RestoreResult } from './restore-request.ts';
import {
  assertFit,
  assertSameCharacters,
  readTargetGaps,
  type TargetGaps,
} from './restore-requirements.ts';
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
  #toc: Promise<TocEntry[]> | undefined;
  #ownTail: string | undefined;

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

  async #rights(gaps: TargetGaps): Promise<RightsOptions> {
    const { roles, noOwner, keepGoing } = this.#request;
    const owners = noOwner || keepGoing ? [] : ownersOf(await this.#definitions());
    return { ...this.#role(), makesRoles: roles ? gaps.roles : [], owners };
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
    const { contents, dryRun } = this.#request;
    const gaps = await this.#check(session);
    await assertNotProtected(session, this.#request);
    if (contents === 'data') await assertTablesEmpty(session, this.#set.manifest);
    else await assertEmpty(session);
    await assertSameCharacters(session, this.#set.manifest.source);
    if (contents !== 'data') await assertMayFill(session, await this.#rights(gaps));
    this.#describeSteps(gaps);
    if (dryRun) return this.#result([]);
    await this.#makeRoles(session);
    try {
      return this.#result(
        await this.#asOwners(session, async () => {
          const settings = contents === 'data' ? session.settings : await this.#prepare(session);
          return this.#inSession(await this.#acting(session, settings), (prepared) =>
            this.#restoreInto(prepared, gaps),
          );
        }),
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
    const properties = await readDatabaseProperties(session, await this.#definitions());
    const kinds = ['setting', 'description', 'grant'] as const;
    this.#notes.push(
      ...(await giveProperties(session, properties, { database, kinds })),
      ...(await differencesOf(session, { properties, source: this.#set.manifest.source })),
    );
    return withoutObstacles(session, session.settings);
  }

  /** Into a database that we make, and drop again when anything fails. */
  async #inNewDatabase(): Promise<RestoreResult> {
    const { to, dryRun } = this.#request;
    return this.#inMaintenance(async (maintenance) => {
      const gaps = await this.#check(maintenance);
      if (await databaseExists(maintenance, to.database)) {
        throw alreadyExists(to.database);
      }
      await assertMayCreate(maintenance, await this.#rights(gaps));
      await this.#noteLeftovers(maintenance);
      this.#steps.push(`create database ${to.database}`);
      this.#describeSteps(gaps);
      if (dryRun) return this.#result([]);
      return this.#result(
        await this.#makeAndFill(maintenance, gaps, ({ unfinished, finish }) =>
          renameDatabase(maintenance, { from: unfinished, to: to.database, beforeCommit: finish }),
        ),
      );
    });
  }

  /** Beside the database, compared, and only then in its place. */
  async #overwrite(name: string): Promise<RestoreResult> {
    const { to, dryRun, endSessions } = this.#request;
    assertSaidTwice(name, to.database);
    return this.#inMaintenance(async (maintenance) => {
      const ties = await assertMayReplace(maintenance, { name, endSessions });
      const gaps = await this.#check(maintenance);
      await assertNotAtHome(maintenance, { extensions: this.#set.manifest.extensions, name });
      await assertMaySwap(maintenance, { name, endSessions, ...(await this.#rights(gaps)) });
      await this.#noteLeftovers(maintenance);
      const restored = `${cutName(name, { bytes: 40 })}_restored_${this.#tail()}`;
      const kept = `${cutName(name, { bytes: 39 })}_replaced_${this.#context.clock.now().toISOString().replace(/\D/g, '').slice(0, 14)}`;
      for (const note of describeTies(ties, { name, kept })) this.#noteAtOnce(note);
      this.#steps.push(`create database ${restored} beside ${name}`);
      this.#describeSteps(gaps);
      this.#steps.push(`rename ${name} to ${kept} and ${restored} to ${name}, in one transaction`);
      if (dryRun) return this.#result([]);
      const comparison = await this.#makeAndFill(
        maintenance,
        gaps,
        async ({ unfinished, finish }) => {
          await renameDatabase(maintenance, { from: unfinished, to: restored });
          await swapDatabases(maintenance, name, {
            ...{ restored, kept, endSessions },
            beforeCommit: finish,
          });
        },
      );
      return { ...this.#result(comparison), kept, ...undoOverwrite({ name, kept }) };
    });
  }

  /** @param publish gives the restored and compared database its name. */
  async #makeAndFill(
    maintenance: Session,
    gaps: TargetGaps,
    publish: (made: { unfinished: string; finish: () => Promise<void> }) => Promise<void>,
  ): Promise<TableComparison[]> {
    const { to } = this.#request;
    const name = to.database;
    const withOwner = !this.#request.noOwner;
    const onNote = (note: string) => this.#notes.push(note);
    await this.#makeRoles(maintenance);
    const properties = await readDatabaseProperties(maintenance, await this.#definitions());
    if (properties.tablespace !== undefined)
      onNote(`database ${name} is in the default tablespace, not in ${properties.tablespace}`);
    const { source, extensions } = this.#set.manifest;
    const keepsName =
      this.#request.create &&
      (await extensionsAtHomeIn(maintenance, { extensions, name })).length > 0;
    return this.#asOwners(maintenance, async () => {
      const filled = await fillNewDatabase(
        maintenance,
        { to, name, tail: this.#tail(), keepsName, source, properties, withOwner, onNote },
        async (settings) =>
          this.#inSession(await this.#acting(maintenance, settings), (session) =>
            this.#restoreInto(session, gaps),
          ),
      );
      const { unfinished, result } = filled;
      const finish = async () =>
        this.#notes.push(
          ...(await finishDatabase(maintenance, { database: name, properties, withOwner })),
        );
      await publish({ unfinished, finish: async () => void (await finish()) }).catch((error) => {
        throw unnamed(error, { from: unfinished, to: name });
      });
      return result;
    });
  }

  /** What the set says of its objects, read once. */
  #definitions(): Promise<TocEntry[]> {
    this.#toc ??= readDefinitions(this.#set);
    return this.#toc;
  }

  async #asOwners<T>(session: Session, work: () => Promise<T>): Promise<T> {
    if (this.#request.noOwner) return work();
    return asMemberOf(session, ownersOf(await this.#definitions()), work);
  }

  /** With the role that a login which doesn't inherit has to act as. */
  async #acting(session: Session, settings: ConnectionSettings): Promise<ConnectionSettings> {
    if (this.#request.noOwner || this.#request.contents === 'data') return settings;
    const role = await superuserToAct(session, ownersOf(await this.#definitions()));
    if (role === undefined) return settings;
    this.#notes.push(`restored as role ${role}, which ${settings.user} may act as`);
    return withServerOptions(settings, [serverOption('role', role)]);
  }

  async #noteLeftovers(maintenance: Session): Promise<void> {
    for (const { name, isInUse } of await leftUnfinished(maintenance, this.#request.to.database))
      this.#notes.push(
        isInUse
          ? `another restore fills database ${name} now`
          : `an earlier restore left database ${name}, which is not finished; drop it: DROP DATABASE ${quoteIdentifier(name)};`,
      );
  }

  /** Also while the restore runs: it may take hours, and the time to think again is now. */
  #noteAtOnce(note: string): void {
    this.#notes.push(note);
    this.#context.progress({ phase: 'target', note });
  }

  #tail(): string {
    this.#ownTail ??= `${this.#set.address.id.slice(-4)}${this.#context.randomTail()}`;
    return this.#ownTail;
  }

  async #restoreInto(session: Session, gaps: TargetGaps): Promise<TableComparison[]> {
    const { contents, jobs, keepGoing, noOwner } = this.#request;
    const common = {
      settings: session.settings,
      tools: this.#tools(session),
      applicationName: this.#applicationName,
      ...{ contents, jobs, keepGoing },
      withoutTablespaces: gaps.tablespaces.length > 0,
      withoutOwners: noOwner,
      disableTriggers: contents === 'data' && (await isSuperuser(session)),
      signal: this.#context.signal,
      progress: this.#context.progress,
    };
    const toc = contents === 'data' ? [] : await this.#definitions();
    const onNote = (note: string) => this.#notes.push(note);
    const { comparison, notes, failures } = await besideOthers(
      session,
      { toc, withOwner: !noOwner, onNote },
      (leavesOut) => restoreSet(this.#set, { ...common, leavesOut }),
    );
    if (!keepGoing) assertEqualRows(comparison);
    this.#failures.push(...failures);
    this.#notes.push(...notes);
    return comparison;
  }

  async #makeRoles(session: Session): Promise<void> {
    if (!this.#request.roles || !this.#set.has('globals')) return;
    const globals = await this.#set.readText('globals');
    const { created, withheld, tablespaces } = await createRoles(session, globals);
    if (created.length > 0) this.#notes.push(`made roles without login: ${created.join(', ')}`);
    if (withheld.length > 0)
      this.#notes.push(`not given, because this role may not: ${withheld.join('; ')}`);
    if (tablespaces.length > 0)
      this.#notes.push(`tablespaces of the source are not made: ${tablespaces.join(', ')}`);
  }

  async #tables(session: Session): Promise<RestoreResult> {
    await assertNoPooler(session);
    await this.#assertRoom(session);
    if (!this.#request.dryRun) await this.#makeRoles(session);
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
    const untested = remarkOnMajor(session.serverVersionNum);
    if (untested !== undefined) this.#notes.push(untested);
    const gaps = await readTargetGaps(session, this.#set.manifest);
    if (!this.#request.keepGoing) assertFit(gaps, { makesRoles: this.#request.roles });
    await this.#assertRoom(session);
    if (gaps.tablespaces.length > 0)
      this.#notes.push(
        `the target has no tablespace ${gaps.tablespaces.join(', ')}; all goes into its default`,
      );
    return gaps;
  }

  async #assertRoom(session: Session): Promise<void> {
    await assertTargetRoom(session, this.#request);
    await assertScratchRoom(this.#set.manifest, this.#request);
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
      undo: null,
      cleanUp: null,
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
    const session = await openMaintenance(this.#request.to, {
      applicationName: this.#applicationName,
      also: [this.#set.manifest.source.databaseName],
    });
    try {
      return await work(session);
    } finally {
      await session.end();
    }
  }
}
