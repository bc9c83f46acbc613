import { APPLICATION_NAME } from '../../contract.ts';
import type { TocEntry } from '../../domain/archive-toc.ts';
import { describeDifferences, isLostObject, Structure } from '../../domain/drill/structure.ts';
import type { DrillCheck, DrillException } from '../../domain/drill-report.ts';
import { isWhole } from '../../domain/manifest.ts';
import { unrestorableForeignKeys } from '../../domain/partial-restore.ts';
import { describeFailures, type FailedEntry } from '../../domain/restore/failed-entry.ts';
import { describeDifferences as describeRows } from '../../domain/restore-comparison.ts';
import type { ConnectionSettings } from '../../postgres/connection-settings.ts';
import { dumpStructure } from '../../postgres/drill/dump-structure.ts';
import { majorOf } from '../../postgres/server-facts.ts';
import { Session } from '../../postgres/session.ts';
import { tablesLost } from '../catalog/earlier-set.ts';
import type { Context } from '../context.ts';
import type { DrillRequest } from '../drill-request.ts';
import type { OpenedSet } from '../opened-set.ts';
import type { RestoreResult } from '../restore-request.ts';
import { chooseRestoreTools } from '../restore-tools.ts';
import { emptyCheck } from './empty-check.ts';
import type { DrillFindings } from './findings.ts';
import { judgeDatabase } from './judge-database.ts';
import { readSetItems } from './set-items.ts';

export interface JudgeOnServerOptions {
  context: Context;
  set: OpenedSet;
  request: DrillRequest;
  /** Of the restored database. */
  settings: ConnectionSettings;
  restored: RestoreResult;
}

/** Entries that speak of roles, other servers or the whole server; a server of others lacks some of them. */
const OF_SURROUNDINGS: ReadonlySet<string> = new Set([
  'ACL',
  'DEFAULT ACL',
  'POLICY',
  'SECURITY LABEL',
  'EVENT TRIGGER',
  'SUBSCRIPTION',
  'PUBLICATION',
  'PUBLICATION TABLE',
  'PUBLICATION TABLES IN SCHEMA',
  'SERVER',
  'USER MAPPING',
  'FOREIGN DATA WRAPPER',
]);

/**
 * What came of a restore into a named server. Nobody can read the log of that server, so an object that it refused is not held
 * against the set: what speaks of roles and other servers is an exception, and anything else shows nothing.
 */
export async function judgeOnServer(options: JudgeOnServerOptions): Promise<DrillFindings> {
  const { context, set, request, settings, restored } = options;
  const { manifest } = set;
  const items = await readSetItems(set);
  const config = request.drillOf(manifest.database);
  const session = await Session.open(settings, { applicationName: APPLICATION_NAME });
  try {
    const exceptions = restored.failures.filter(({ type }) => OF_SURROUNDINGS.has(type));
    const refused = restored.failures.filter(({ type }) => !OF_SURROUNDINGS.has(type));
    const tools = chooseRestoreTools(context.toolsets, {
      manifest,
      targetMajor: majorOf(session.serverVersionNum),
    });
    const { contents, tables } = manifest.selection;
    const found = await dumpStructure({
      ...{ settings, tools, applicationName: APPLICATION_NAME, signal: context.signal },
      hasLargeObjects: contents === 'all' && tables === null,
    });
    const structure = compareStructure({ set, expected: items.schema, found, restored });
    const judged = await judgeDatabase(session, { manifest, config, items });
    const isExpectedEmpty = request.expectsEmpty?.(manifest.database) === true;
    const empty = isExpectedEmpty
      ? []
      : emptyCheck(
          { comparison: restored.tables, items },
          { selection: manifest.selection, lost: await tablesLost(manifest, context) },
        );
    const ofServer = (check: DrillCheck): DrillCheck =>
      check.passed || refused.length === 0 ? check : { ...check, isShown: false };
    return {
      tables: restored.tables,
      checks: [
        rowCheck(restored),
        ...refusedCheck(refused),
        ...empty,
        structure.check,
        ...judged.checks,
      ].map(ofServer),
      exceptions: exceptions.map(exceptionOf),
      notes: [...restored.notes, ...structure.notes, ...judged.notes],
      restoreSeconds: restored.seconds,
    };
  } finally {
    await session.end();
  }
}

function rowCheck({ tables }: RestoreResult): DrillCheck {
  const differences = describeRows(tables);
  return differences === undefined
    ? { name: 'Rows equal', passed: true, detail: `${tables.length} tables` }
    : { name: 'Rows equal', passed: false, detail: differences };
}

function refusedCheck(refused: readonly FailedEntry[]): DrillCheck[] {
  if (refused.length === 0) return [];
  const detail = `the server refused ${refused.length}: ${describeFailures(refused, 5).join('; ')}`;
  return [{ name: 'Every object restores', passed: false, isShown: false, detail }];
}

function exceptionOf({ type, schema, name, reason }: FailedEntry): DrillException {
  return { type, schema, name, lacks: `what the server refused: ${reason}` };
}

interface CompareOptions {
  set: OpenedSet;
  expected: readonly TocEntry[];
  found: readonly TocEntry[];
  restored: RestoreResult;
}

/**
 * Whether every object is there. Owners and grants are those of the server, so they are not compared, and what pg_dump words in
 * another way is only counted: there is no second restore to tell its habits from a difference.
 */
function compareStructure({ set, expected, found, restored }: CompareOptions) {
  const left = isWhole(set.manifest) ? [] : unrestorableForeignKeys(expected, set.manifest.tables);
  const failed = new Set(restored.failures.map((one) => keyOf({ ...one, tag: one.name })));
  const absent = expected.filter((entry) => failed.has(keyOf(entry)));
  const wanted = new Structure(withoutRoles(expected));
  const differences = wanted.differencesTo(
    new Structure(withoutRoles(found)),
    withoutRoles([...absent, ...left]),
  );
  const lost = differences.filter(isLostObject);
  const others = differences.length - lost.length;
  const name = 'Structure equal';
  const check: DrillCheck =
    lost.length === 0
      ? { name, passed: true, detail: `${wanted.size} objects are there` }
      : { name, passed: false, detail: describeDifferences(lost) };
  const notes = others === 0 ? [] : [`definitions that this server words differently: ${others}`];
  return { check, notes };
}

function keyOf({ type, schema, tag }: Pick<TocEntry, 'type' | 'schema' | 'tag'>): string {
  return JSON.stringify([type, schema, tag]);
}

function withoutRoles(entries: readonly TocEntry[]): TocEntry[] {
  return entries
    .filter(({ type }) => type !== 'ACL' && type !== 'DEFAULT ACL')
    .map((entry) => ({ ...entry, owner: '' }));
}
