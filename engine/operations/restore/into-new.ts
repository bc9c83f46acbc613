import { asksForOwnName } from '../../domain/restore/own-name.ts';
import type { TableComparison } from '../../domain/restore-comparison.ts';
import { cutName, quoteIdentifier } from '../../domain/table-name.ts';
import { extensionsAtHomeIn } from '../../postgres/restore/home-extensions.ts';
import { assertNameFits } from '../../postgres/restore/name-fits.ts';
import { assertNameIsFree } from '../../postgres/restore/unfinished-own-name.ts';
import type { Session } from '../../postgres/session.ts';
import { renameDatabase } from '../../postgres/target-database.ts';
import { readDatabaseProperties } from '../database-properties.ts';
import type { RestoreResult } from '../restore-request.ts';
import type { TargetGaps } from '../restore-requirements.ts';
import { checkTarget, describeSteps, noteLeftovers, rightsOf } from './check-target.ts';
import { asOwners, fillDatabase } from './fill-database.ts';
import { hasEverything } from './incomplete.ts';
import { keepUnnamed } from './keep-unnamed.ts';
import { makeRolesFor } from './make-roles.ts';
import { fillNewDatabase, finishDatabase } from './new-database.ts';
import type { RestoreJob } from './restore-job.ts';
import { assertMayCreate } from './restore-rights.ts';
import { inMaintenance } from './target-sessions.ts';

/** Into a database that the restore makes, and drops again when anything fails. */
export function restoreIntoNew(job: RestoreJob): Promise<RestoreResult> {
  const { to, dryRun } = job.request;
  return inMaintenance(job, async (maintenance) => {
    const gaps = await checkTarget(job, maintenance);
    await assertNameFits(maintenance, { name: to.database, what: 'database' });
    await assertNameIsFree(maintenance, to.database);
    await assertMayCreate(maintenance, await rightsOf(job, gaps));
    await noteLeftovers(job, maintenance);
    job.steps.push(`create database ${to.database}`);
    describeSteps(job, gaps);
    if (dryRun) return job.result([]);
    const names = { whole: to.database, incomplete: incompleteName(to.database, job) };
    const publish = ({ unfinished, comparison, finish }: MadeDatabase) => {
      const name = hasEverything({ failures: job.failures, tables: comparison })
        ? names.whole
        : names.incomplete;
      const beforeCommit = () => finish(name);
      return renameDatabase(maintenance, { from: unfinished, to: name, beforeCommit });
    };
    const putInPlace = (restored: string) => renameStatement(restored, to.database);
    const filled = await makeAndFill(job, { maintenance, gaps, publish, putInPlace });
    const result = job.result(filled);
    return { ...result, incomplete: hasEverything(result) ? null : names.incomplete };
  });
}

/** What a database is called that lacks something: no application takes it for the whole one. */
function incompleteName(name: string, job: RestoreJob): string {
  return `${cutName(name, { bytes: 38 })}_incomplete_${job.tail()}`;
}

/** A database that is restored and compared, and still has the name of one that is not finished. */
export interface MadeDatabase {
  unfinished: string;
  comparison: TableComparison[];
  /** Gives it its owner, grants and limits, in the transaction that gives it this name. */
  finish: (name: string) => Promise<void>;
}

export interface MakeAndFillOptions {
  maintenance: Session;
  gaps: TargetGaps;
  /** Gives the database its name. */
  publish: (made: MadeDatabase) => Promise<void>;
  /** SQL that gives it its name later, where that failed. */
  putInPlace: (restored: string) => string;
}

/** What a restored and compared database is called until it has its name. */
export function restoredName(job: RestoreJob, name: string): string {
  return `${cutName(name, { bytes: 40 })}_restored_${job.tail()}`;
}

export function renameStatement(from: string, to: string): string {
  return `ALTER DATABASE ${quoteIdentifier(from)} RENAME TO ${quoteIdentifier(to)};`;
}

export async function makeAndFill(
  job: RestoreJob,
  { maintenance, gaps, publish, putInPlace }: MakeAndFillOptions,
): Promise<TableComparison[]> {
  const { to, create, noOwner } = job.request;
  const { source, extensions } = job.set.manifest;
  const { applicationName } = job;
  const name = to.database;
  const withOwner = !noOwner;
  const onMade = await makeRolesFor(job, maintenance);
  const properties = await readDatabaseProperties(maintenance, await job.definitions());
  if (properties.tablespace !== undefined)
    job.note(`database ${name} is in the default tablespace, not in ${properties.tablespace}`);
  const atHome = create ? await extensionsAtHomeIn(maintenance, { extensions, name }) : [];
  const keepsName = create && (atHome.length > 0 || asksForOwnName(await job.definitions()));
  const place = { to: maintenance.settings, name, tail: job.tail(), keepsName, source };
  const finishAs = async (database: string) => {
    job.notes.push(...(await finishDatabase(maintenance, { database, properties, withOwner })));
  };
  const work = async () => {
    const { unfinished, result } = await fillNewDatabase(
      maintenance,
      { ...place, properties, withOwner, applicationName, onMade, onNote: job.note },
      (settings) => fillDatabase(job, { settings, gaps }),
    );
    const made = { unfinished, comparison: result, finish: finishAs };
    await publish(made).catch(async (error) => {
      const { failures, context } = job;
      throw await keepUnnamed(error, made, {
        ...{ maintenance, name, failures, putInPlace, restoredName: restoredName(job, name) },
        freshTail: `${context.randomTail()}${context.randomTail()}`,
      });
    });
    return result;
  };
  return asOwners(job, { session: maintenance, work });
}
