import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { TocEntry } from '../../domain/archive-toc.ts';
import { describeDifferences, isLostObject, Structure } from '../../domain/drill/structure.ts';
import type { DrillCheck } from '../../domain/drill-report.ts';
import { isWhole } from '../../domain/manifest.ts';
import { unrestorableForeignKeys } from '../../domain/partial-restore.ts';
import type { ConnectionSettings } from '../../postgres/connection-settings.ts';
import { dumpStructure } from '../../postgres/drill/dump-structure.ts';
import { maintenanceBeside } from '../../postgres/drill/source-name.ts';
import { restoreFile } from '../../postgres/restore-program.ts';
import { Session } from '../../postgres/session.ts';
import { createDatabase } from '../../postgres/target-database.ts';
import type { ThrowAwayServer } from '../../postgres/throw-away-server.ts';
import type { Toolset } from '../../postgres/tools.ts';
import type { OpenedSet } from '../opened-set.ts';
import { inPrivateFolder } from '../private-folder.ts';
import { giveSettings } from '../restore/give-settings.ts';
import { archiveMajor } from '../restore-tools.ts';

export interface StructureOptions {
  server: ThrowAwayServer;
  /** Of the restored database. */
  settings: ConnectionSettings;
  tools: Toolset;
  applicationName: string;
  jobs: number;
  signal: AbortSignal;
  /** The table of contents of the set's schema. */
  expected: readonly TocEntry[];
  /** Entries that were refused or left out. */
  absent: readonly TocEntry[];
}

/**
 * Every object of the set's table of contents is there with its definition, and nothing besides: the restored database is dumped
 * like the source was, and both tables of contents are compared. What pg_dump says differently after any restore (as of some
 * checks) is compared with what a plain pg_restore of the same archive makes. No object may be missing, whatever that makes.
 */
export async function checkStructure(
  set: OpenedSet,
  options: StructureOptions,
): Promise<{ check: DrillCheck; notes: string[] }> {
  const { expected, absent, settings, tools } = options;
  const left = isWhole(set.manifest) ? [] : unrestorableForeignKeys(expected, set.manifest.tables);
  const wanted = new Structure(expected);
  const found = new Structure(await dumpOf(set, { ...options, settings }));
  const differences = wanted.differencesTo(found, [...absent, ...left]);
  const name = 'Structure equal';
  if (differences.length === 0)
    return { check: { name, passed: true, detail: `${wanted.size} definitions` }, notes: [] };
  const plain = new Structure(await dumpOfPlainRestore(set, options));
  const isSameMajor = tools.major === archiveMajor(set.manifest);
  const real = differences.filter(
    (difference) => (isLostObject(difference) && isSameMajor) || !found.agreesOn(difference, plain),
  );
  if (real.length > 0)
    return { check: { name, passed: false, detail: describeDifferences(real) }, notes: [] };
  return {
    check: { name, passed: true, detail: `${wanted.size} definitions` },
    notes: [
      `definitions that pg_dump words differently after a restore, also after a plain pg_restore of this archive: ${differences.length}`,
    ],
  };
}

function dumpOf(set: OpenedSet, { settings, tools, applicationName, signal }: StructureOptions) {
  const { contents, tables } = set.manifest.selection;
  const hasLargeObjects = contents === 'all' && tables === null;
  return dumpStructure({ settings, tools, applicationName, signal, hasLargeObjects });
}

/** The structure that pg_restore by itself makes of the schema, in another database of the same server. */
async function dumpOfPlainRestore(
  set: OpenedSet,
  { server, ...options }: StructureOptions,
): Promise<TocEntry[]> {
  const { applicationName } = options;
  const { database: drilled } = options.settings;
  const database = drilled === 'holdfast_plain' ? 'holdfast_plain_2' : 'holdfast_plain';
  const beside = server.connection(maintenanceBeside(drilled));
  const maintenance = await Session.open(beside, { applicationName });
  try {
    await createDatabase(maintenance, database, { source: set.manifest.source, mayFallBack: true });
    await giveSettings(set, { maintenance, database });
  } finally {
    await maintenance.end();
  }
  const settings = { ...options.settings, database };
  // The restore before it has reported what dead processes left.
  await inPrivateFolder(async (folder) => {
    const archive = join(folder, 'schema.dump');
    await pipeline(set.read('schema'), createWriteStream(archive, { mode: 0o600 }));
    const target = { ...options, settings, withoutTablespaces: true, keepGoing: true };
    await restoreFile(archive, [], target);
  }, {});
  return dumpOf(set, { ...options, server, settings });
}
