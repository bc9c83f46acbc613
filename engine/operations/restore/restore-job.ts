import { APPLICATION_NAME } from '../../contract.ts';
import type { TocEntry } from '../../domain/archive-toc.ts';
import type { FailedEntry } from '../../domain/restore/failed-entry.ts';
import type { TableComparison } from '../../domain/restore-comparison.ts';
import { describeConnection } from '../../postgres/connection-settings.ts';
import { type Globals, NO_GLOBALS, readGlobals } from '../../postgres/roles.ts';
import { majorOf } from '../../postgres/server-facts.ts';
import type { Session } from '../../postgres/session.ts';
import type { Toolset } from '../../postgres/tools.ts';
import type { Context } from '../context.ts';
import { readDefinitions } from '../database-properties.ts';
import type { OpenedSet } from '../opened-set.ts';
import type { RestoreRequest, RestoreResult } from '../restore-request.ts';
import { chooseRestoreTools } from '../restore-tools.ts';
import type { RoleOfRestore } from './restore-rights.ts';

export interface JobOptions {
  context: Context;
  request: RestoreRequest;
  set: OpenedSet;
}

/** One restore: what was asked for, and what it has to say so far. */
export class RestoreJob {
  readonly context: Context;
  readonly request: RestoreRequest;
  readonly set: OpenedSet;
  readonly applicationName: string;
  readonly steps: string[] = [];
  readonly notes: string[] = [];
  readonly failures: FailedEntry[] = [];
  readonly #beganAt: number;
  #definitions: Promise<TocEntry[]> | undefined;
  #globals: Promise<Globals> | undefined;
  #tail: string | undefined;

  constructor({ context, request, set }: JobOptions) {
    this.context = context;
    this.request = request;
    this.set = set;
    this.applicationName = `${APPLICATION_NAME} restore ${set.address.id}`;
    this.#beganAt = context.clock.now().getTime();
  }

  /** Once, however often it is found. */
  readonly note = (note: string): void => {
    if (!this.notes.includes(note)) this.notes.push(note);
  };

  /** Also while the restore runs: it may take hours, and the time to think again is now. */
  noteAtOnce(note: string): void {
    this.note(note);
    this.context.progress({ phase: 'target', note });
  }

  role(): RoleOfRestore {
    const { to, otherLogin } = this.request;
    return { role: to.user, otherLogin };
  }

  /** The table of contents of the set's definitions, read once. */
  definitions(): Promise<TocEntry[]> {
    this.#definitions ??= readDefinitions(this.set);
    return this.#definitions;
  }

  /** The roles of the source's server, read once; none where none is to be made. */
  globals(session: Session): Promise<Globals> {
    const { request, set } = this;
    const read = async () => readGlobals(session, await set.readWhole('globals'));
    const isNeeded = request.roles && set.has('globals');
    this.#globals ??= isNeeded ? read() : Promise.resolve(NO_GLOBALS);
    return this.#globals;
  }

  /** What makes the names of this restore's databases its own: eight hexadecimal digits. */
  tail(): string {
    this.#tail ??= `${this.set.address.id.slice(-4)}${this.context.randomTail()}`;
    return this.#tail;
  }

  tools(session: Session): Toolset {
    return chooseRestoreTools(this.context.toolsets, {
      manifest: this.set.manifest,
      targetMajor: majorOf(session.serverVersionNum),
    });
  }

  result(tables: TableComparison[]): RestoreResult {
    return {
      set: this.set.address.id,
      target: describeConnection(this.request.to),
      isDryRun: this.request.dryRun,
      steps: this.steps,
      rows: tables.reduce((sum, { found }) => sum + (found ?? 0), 0),
      tables,
      restoredTables: [],
      failures: this.failures,
      incomplete: null,
      kept: null,
      undo: null,
      cleanUp: null,
      seconds: (this.context.clock.now().getTime() - this.#beganAt) / 1000,
      notes: this.notes,
    };
  }
}
