import { APPLICATION_NAME } from '../../contract.ts';
import type { DrillCheck } from '../../domain/drill-report.ts';
import { quoteIdentifier } from '../../domain/table-name.ts';
import type { ConnectionSettings } from '../../postgres/connection-settings.ts';
import { observerOptions } from '../../postgres/drill/event-triggers.ts';
import { freeSourceName, maintenanceBeside } from '../../postgres/drill/source-name.ts';
import { withoutObstacles } from '../../postgres/restore/overridden-settings.ts';
import type { RestoreProgramOptions } from '../../postgres/restore-program.ts';
import { createRoles, type Globals, readGlobals, rolesOf } from '../../postgres/roles.ts';
import { Session } from '../../postgres/session.ts';
import { createDatabase } from '../../postgres/target-database.ts';
import type { ThrowAwayServer } from '../../postgres/throw-away-server.ts';
import type { OpenedSet } from '../opened-set.ts';
import { giveSettings } from '../restore/give-settings.ts';
import { readTargetGaps } from '../restore-requirements.ts';

export interface DrillDatabaseOptions extends RestoreProgramOptions {
  set: OpenedSet;
  /** Name of the database to make. */
  database: string;
}

/** What of the set's surroundings this machine lacks, and how to reach the database. */
export interface DrillSurroundings {
  settings: ConnectionSettings;
  /** Checks that can't be shown here, so that there is no use in restoring. */
  blocking: DrillCheck[];
  /** Where the database has another locale than the source. */
  fallback: DrillCheck | undefined;
  /** Settings of the source's server that this machine can't have, such as a locale it lacks. */
  refusedSettings: string[];
  notes: string[];
}

/** Makes roles and an empty database for a set, with the settings that values depend on. */
export async function prepareDrillDatabase(
  server: ThrowAwayServer,
  { set, database, ...program }: DrillDatabaseOptions,
): Promise<DrillSurroundings> {
  const maintenance = await Session.open(server.connection(maintenanceBeside(database)), {
    applicationName: APPLICATION_NAME,
  });
  const options = observerOptions(maintenance.serverVersionNum);
  const settings = { ...server.connection(database), options };
  try {
    const { manifest } = set;
    const { rolesOfSource, onMade } = await makeRolesOf(set, maintenance);
    const gaps = await readTargetGaps(maintenance, { manifest, rolesOfSource });
    for (const role of gaps.roles.filter((name) => !gaps.rolesOfSource.includes(name)))
      await maintenance.query(`CREATE ROLE ${quoteIdentifier(role)} NOLOGIN`);
    if (gaps.extensions.length > 0) {
      const blocking = [lacksExtensions(gaps.extensions)];
      return { settings, blocking, fallback: undefined, refusedSettings: [], notes: [] };
    }
    await freeSourceName(maintenance, database);
    const note = await createDatabase(maintenance, database, {
      source: set.manifest.source,
      mayFallBack: true,
    });
    program.signal.throwIfAborted();
    await onMade(server.connection(database));
    const { notes, refused } = await giveSettings(set, { maintenance, database, ...program });
    return {
      settings: await withoutObstacles(maintenance, settings),
      blocking: [],
      fallback: note === undefined ? undefined : otherLocale(note),
      refusedSettings: refused,
      notes,
    };
  } finally {
    await maintenance.end();
  }
}

interface RolesOfSet {
  rolesOfSource: string[];
  /** Makes the rest of them from a session in the new database, which has the source's encoding. */
  onMade: (settings: ConnectionSettings) => Promise<void>;
}

async function makeRolesOf(set: OpenedSet, maintenance: Session): Promise<RolesOfSet> {
  if (!set.has('globals')) return { rolesOfSource: [], onMade: async () => undefined };
  const globals = await readGlobals(maintenance, await set.readWhole('globals'));
  const { created } = await createRoles(maintenance, { globals, texts: 'utf8' });
  return {
    rolesOfSource: rolesOf(globals),
    onMade: (settings) => makeEncodedRoles(settings, { globals, madeBefore: created }),
  };
}

async function makeEncodedRoles(
  settings: ConnectionSettings,
  { globals, madeBefore }: { globals: Globals; madeBefore: readonly string[] },
): Promise<void> {
  if (globals.encoded.length === 0) return;
  await inDatabase(settings, (session) =>
    createRoles(session, { globals, texts: 'encoded', madeBefore }),
  );
}

function lacksExtensions(names: readonly string[]): DrillCheck {
  return {
    name: 'Extensions of the source',
    passed: false,
    isShown: false,
    detail: `this machine has no extension ${names.join(', ')}`,
  };
}

function otherLocale(detail: string): DrillCheck {
  return { name: 'Locale of the source', passed: false, isShown: false, detail };
}

/**
 * Under another locale, or without a setting of the source, a failure may come from the order of texts or from how values are read,
 * which touches everything but the age of rows.
 */
export function inSurroundings(
  checks: readonly DrillCheck[],
  { fallback, refusedSettings }: DrillSurroundings,
): DrillCheck[] {
  if (fallback === undefined && refusedSettings.length === 0) return [...checks];
  const excused = checks.map((check): DrillCheck => {
    const isOfAge = check.name.startsWith('Recent data');
    return check.passed || isOfAge ? check : { ...check, isShown: false };
  });
  return fallback === undefined ? excused : [fallback, ...excused];
}

async function inDatabase<T>(
  settings: ConnectionSettings,
  work: (session: Session) => Promise<T>,
): Promise<T> {
  const session = await Session.open(settings, { applicationName: APPLICATION_NAME });
  return work(session).finally(() => session.end());
}
