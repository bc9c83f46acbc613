import { APPLICATION_NAME } from '../contract.ts';
import { maxAgeOf } from '../domain/freshness.ts';
import { databasePrefix, type SetAddress } from '../domain/key.ts';
import { storedBytes, type UnsealedLogical } from '../domain/manifest.ts';
import { deadAfterSeconds, describeDeath } from '../domain/standing-run.ts';
import { isHoldfastError } from '../errors.ts';
import { beat } from '../postgres/backup/heartbeat.ts';
import { assertConnectionLimits, connectionsOf } from '../postgres/connection/connection-room.ts';
import { assertReadable, readPrivileges } from '../postgres/privileges.ts';
import { countExtensionRows } from '../postgres/restore/extension-rows.ts';
import { takeRunLock } from '../postgres/run-lock.ts';
import {
  assertNoPooler,
  assertSupported,
  majorOf,
  readRequirements,
  readSource,
  readUndumpable,
} from '../postgres/server-facts.ts';
import { Session } from '../postgres/session.ts';
import { holdSnapshot } from '../postgres/snapshot.ts';
import { chooseToolset, type Toolset } from '../postgres/tools.ts';
import { assertReadableNames } from '../postgres/unreadable-names.ts';
import { type AuditNotes, audited } from './audit.ts';
import { describeResult, keepOf } from './backup/describe-result.ts';
import { freshId } from './backup/fresh-id.ts';
import { holdCopies } from './backup/hold-copies.ts';
import { noteOtherServer } from './backup/note-other-server.ts';
import { describeBackup } from './backup-manifest.ts';
import type { BackupRequest, BackupResult } from './backup-request.ts';
import { dumpAll } from './backup-streams.ts';
import { assertClocksAgree } from './clock-check.ts';
import type { Context } from './context.ts';
import { recordDeadRuns } from './dead-runs.ts';
import { assertKeyBelongs } from './key-marker.ts';
import { chooseTables } from './selection.ts';
import { conflictAmong, type EndOptions, endingOnAbort, endSessions } from './sessions.ts';
import { SetWriter } from './set-writer.ts';
import { askPrimary, assertStandbyFits, knownSystemOf } from './standby-check.ts';
import { assertCreateOnly } from './store-check.ts';

/**
 * Takes one logical backup: lock, preflight, table locks, snapshot, dumps and row counts, and the manifest last.
 * @throws HoldfastError; then there is no set, nothing half, and an audit record that says why.
 */
export async function backup(context: Context, request: BackupRequest): Promise<BackupResult> {
  const subject = {
    operation: 'backup',
    plan: request.planName,
    database: request.database,
    backup: null,
    target: null,
  } as const;
  return audited(context, subject, async (notes) => {
    const id = await freshId(context, request);
    notes.backup = id;
    return new BackupRun(context, request, id).run(notes);
  });
}

class BackupRun {
  readonly #context: Context;
  readonly #request: BackupRequest;
  readonly #address: SetAddress;
  readonly #ending: EndOptions;
  readonly #sessions: Session[] = [];
  readonly #startedAt: Date;
  readonly #controller = new AbortController();
  readonly #signal: AbortSignal;
  readonly #over = new AbortController();
  readonly #notes: string[] = [];

  constructor(context: Context, request: BackupRequest, id: string) {
    this.#context = context;
    this.#request = request;
    this.#address = { plan: request.planName, database: request.database, id };
    const onNote = (note: string) => context.progress({ phase: 'clean-up', note });
    this.#ending = { applicationName: `${APPLICATION_NAME} ${id}`, onNote };
    this.#startedAt = context.clock.now();
    this.#signal = AbortSignal.any([context.signal, this.#controller.signal]);
  }

  async run(auditNotes: AuditNotes): Promise<BackupResult> {
    const manifest = await this.#take();
    auditNotes.bytes = storedBytes(manifest);
    if (this.#request.hold) await holdCopies(this.#context, this.#address);
    this.#notes.push(...(await noteOtherServer(this.#context, manifest)));
    return describeResult(manifest, {
      address: this.#address,
      plan: this.#request.plan,
      settings: this.#sessions[0]?.settings ?? this.#request.settings,
      repositories: this.#context.repositories.map(({ name }) => name),
      seconds: (this.#context.clock.now().getTime() - this.#startedAt.getTime()) / 1000,
      notes: this.#notes,
    });
  }

  async #take(): Promise<UnsealedLogical> {
    const writer = new SetWriter(this.#context, this.#address);
    try {
      const manifest = await this.#dump(writer);
      this.#signal.throwIfAborted();
      await writer.publish((repository) => ({
        ...manifest,
        ...keepOf(manifest, { plan: this.#request.plan, repository }),
      }));
      return manifest;
    } catch (error) {
      throw await this.#causeOf(this.#signal.aborted ? this.#signal.reason : error);
    } finally {
      for (const note of await writer.abort()) this.#ending.onNote(note);
      this.#over.abort();
      await endSessions(this.#sessions, this.#ending);
    }
  }

  async #dump(writer: SetWriter): Promise<UnsealedLogical> {
    const { context, plan } = { context: this.#context, plan: this.#request.plan };
    context.progress({ phase: 'preflight' });
    const guard = await this.#open();
    const tools = await this.#preflight(guard);
    const holder = await this.#open();
    context.progress({ phase: 'snapshot' });
    const waiting = { sessions: this.#sessions, ...this.#ending, signal: this.#signal };
    const snapshot = await endingOnAbort(waiting, () =>
      holdSnapshot(holder, { lockWaitTimeoutSeconds: plan.lockWaitTimeout }),
    );
    const source = await readSource(holder);
    const selection = chooseTables(snapshot.relations, {
      ...plan,
      isStandby: source.isStandby ?? false,
    });
    const facts = {
      source,
      requirements: await readRequirements(holder),
      extensionTables:
        selection.contents === 'schema' || selection.only !== undefined
          ? []
          : await countExtensionRows(holder),
      undumpable: await readUndumpable(holder),
    };
    const counter = await this.#open();
    const dumped = await dumpAll({
      writer,
      plan,
      tools,
      snapshot,
      selection,
      sessions: { guard, holder, counter },
      applicationName: this.#ending.applicationName,
      controller: this.#controller,
      signal: this.#signal,
      progress: context.progress,
    });
    const completedAt = context.clock.now();
    const times = { startedAt: this.#startedAt, completedAt };
    return describeBackup({
      context,
      request: this.#request,
      id: this.#address.id,
      times,
      ...facts,
      snapshot,
      selection,
      tools,
      objects: writer.objects,
      dumped,
    });
  }

  async #preflight(guard: Session): Promise<Toolset> {
    const { context, request } = { context: this.#context, request: this.#request };
    const untested = assertSupported(guard, request);
    if (untested !== undefined) this.#notes.push(untested);
    await assertNoPooler(guard);
    await assertConnectionLimits(guard, connectionsOf(request.plan));
    await assertReadableNames(guard);
    const tools = chooseToolset(context.toolsets, { major: majorOf(guard.serverVersionNum) });
    await assertClocksAgree(context, guard);
    await assertKeyBelongs(context);
    await assertCreateOnly(context);
    await this.#lock(guard);
    if (request.standby !== undefined) await this.#checkStandby(guard, request.standby);
    await recordDeadRuns(context, databasePrefix(this.#address));
    assertReadable(await readPrivileges(guard));
    return tools;
  }

  /** From then on the session shows that this run lives. */
  async #lock(guard: Session): Promise<void> {
    const { progress, clock } = this.#context;
    const { plan, planName } = this.#request;
    await takeRunLock(guard, {
      plan: planName,
      waitSeconds: plan.lockWait,
      deadAfterSeconds: deadAfterSeconds(plan.stallTimeout),
      maxAgeSeconds: maxAgeOf(plan, clock.now()),
      signal: this.#signal,
      onWait: () =>
        progress({
          phase: 'waiting',
          note: "another plan's run holds this database; waiting for it",
        }),
      onDeadRun: (run) => {
        this.#notes.push(describeDeath(run));
        progress({ phase: 'preflight', note: describeDeath(run) });
      },
    });
    void beat(guard, { signal: this.#over.signal });
  }

  async #causeOf(error: unknown): Promise<unknown> {
    const isCut =
      isHoldfastError(error, 'DUMP_FAILED') || isHoldfastError(error, 'CONNECTION_LOST');
    if (this.#request.standby === undefined || !isCut) return error;
    return (await conflictAmong(this.#sessions)) ?? error;
  }

  async #checkStandby(
    guard: Session,
    { primary }: NonNullable<BackupRequest['standby']>,
  ): Promise<void> {
    await assertStandbyFits(guard, {
      maxLagSeconds: this.#request.plan.maxLag,
      primary: primary === undefined ? undefined : await askPrimary(primary),
      knownSystem: () => knownSystemOf(this.#context, this.#address),
      signal: this.#signal,
    });
  }

  /** Another session of the run, on the server that the first one reached. */
  async #open(): Promise<Session> {
    this.#signal.throwIfAborted();
    const [first] = this.#sessions;
    const { settings, plan } = this.#request;
    const watch = { stallTimeoutSeconds: plan.stallTimeout };
    const session = await Session.open(
      { ...(first?.settings ?? settings), watch },
      { applicationName: this.#ending.applicationName },
    );
    this.#sessions.push(session);
    session.onLost((error) => this.#controller.abort(error));
    return session;
  }
}
