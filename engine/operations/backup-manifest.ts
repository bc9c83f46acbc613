import { HOLDFAST_VERSION } from '../contract.ts';
import {
  MANIFEST_SCHEMA_VERSION,
  type ManifestObject,
  type ManifestSource,
  type ManifestTable,
  type UnsealedLogical,
} from '../domain/manifest.ts';
import type { ExtensionTable } from '../domain/restore/extension-tables.ts';
import { showTable, type TableName } from '../domain/table-name.ts';
import { HoldfastError } from '../errors.ts';
import type { Relation } from '../postgres/relations.ts';
import { majorOf, type Requirements } from '../postgres/server-facts.ts';
import type { Snapshot } from '../postgres/snapshot.ts';
import type { Toolset } from '../postgres/tools.ts';
import type { BackupRequest } from './backup-request.ts';
import type { Dumped } from './backup-streams.ts';
import type { Context } from './context.ts';
import type { Selection } from './selection.ts';

/** Left out of every set, and so not worth a note each time. */
export const PASSWORDS = 'passwords of roles';

export interface DescribeOptions {
  context: Context;
  request: BackupRequest;
  id: string;
  times: { startedAt: Date; completedAt: Date };
  source: ManifestSource;
  requirements: Requirements;
  extensionTables: readonly ExtensionTable[];
  snapshot: Snapshot;
  selection: Selection;
  tools: Toolset;
  objects: readonly ManifestObject[];
  dumped: Dumped;
  undumpable: { what: string; why: string }[];
}

/** Everything a run learnt, as the manifest that makes it a backup set. */
export function describeBackup(options: DescribeOptions): UnsealedLogical {
  const {
    context,
    request,
    id,
    times,
    source,
    requirements,
    snapshot,
    selection,
    tools,
    objects,
    dumped,
  } = options;
  const { plan } = request;
  return {
    schemaVersion: MANIFEST_SCHEMA_VERSION,
    id,
    project: context.project,
    plan: request.planName,
    database: request.database,
    kind: 'logical',
    label: plan.label ?? null,
    scheduledFor: request.scheduledFor?.toISOString() ?? null,
    startedAt: times.startedAt.toISOString(),
    completedAt: times.completedAt.toISOString(),
    keepUntil: new Date(times.startedAt.getTime() + plan.keep.for * 1000).toISOString(),
    keepAtLeast: plan.keep.atLeast,
    holdfastVersion: HOLDFAST_VERSION,
    tools: { pg_dump: tools.version },
    source,
    snapshot: { lsn: snapshot.lsn, takenAt: snapshot.takenAt.toISOString() },
    selection: {
      contents: selection.contents,
      tables: selection.only?.map(nameOf) ?? null,
      excludedTables: selection.excluded.map(nameOf),
    },
    objects: [...objects].sort((one, other) => (one.key < other.key ? -1 : 1)),
    tables: describeTables(snapshot.relations, { selection, rows: dumped.rows }),
    extensionTables: options.extensionTables.map((table) => ({ ...table })),
    ...requirements,
    leftOut: [...leftOut({ selection, source, tools }), ...options.undumpable],
    keys: context.keys,
    marksAreSealed: true,
    seconds: { total: seconds(times), dump: dumped.seconds },
  };
}

function describeTables(
  relations: readonly Relation[],
  { selection, rows }: { selection: Selection; rows: Map<number, number> },
): ManifestTable[] {
  const dumped = new Set(selection.dumped.map(({ oid }) => oid));
  return relations.map(({ schema, name, oid, kind, partitionOf }) => ({
    schema,
    name,
    oid,
    kind,
    ...(partitionOf === undefined ? {} : { partitionOf }),
    rows: kind === 'table' && dumped.has(oid) ? countOf(rows, { schema, name, oid }) : null,
  }));
}

function countOf(rows: Map<number, number>, table: TableName & { oid: number }): number {
  const counted = rows.get(table.oid);
  if (counted === undefined)
    throw new HoldfastError({
      code: 'INTERNAL',
      message: `${showTable(table)} was dumped but not counted`,
    });
  return counted;
}

function leftOut({
  selection,
  source,
  tools,
}: Pick<DescribeOptions, 'selection' | 'source' | 'tools'>): { what: string; why: string }[] {
  const list = [
    { what: PASSWORDS, why: 'a backup must not hold them; set new ones after a restore' },
  ];
  if (selection.contents === 'schema')
    list.push({ what: 'all rows', why: 'the plan takes the schema only' });
  if (selection.contents === 'data')
    list.push({ what: 'the schema', why: 'the plan takes the data only' });
  if (selection.only !== undefined)
    list.push({
      what: `rows of all tables but ${selection.only.map(showTable).join(', ')}, and large objects`,
      why: 'the plan names the tables',
    });
  if (selection.excluded.length > 0)
    list.push({
      what: `rows of ${selection.excluded.map(showTable).join(', ')}`,
      why: 'the plan excludes them',
    });
  if (selection.absent.length > 0)
    list.push({
      what: `rows of ${selection.absent.map(showTable).join(', ')}`,
      why: 'unlogged tables are empty on a standby',
    });
  if (tools.major !== majorOf(source.serverVersionNum)) {
    list.push({
      what: `pg_dump ${majorOf(source.serverVersionNum)}`,
      why: `not installed; pg_dump ${tools.version} made the archives: only pg_restore ${tools.major} or newer reads them, and only servers of ${tools.major} or newer take them`,
    });
  }
  return list;
}

function nameOf({ schema, name }: TableName) {
  return { schema, name };
}

function seconds({ startedAt, completedAt }: { startedAt: Date; completedAt: Date }): number {
  return (completedAt.getTime() - startedAt.getTime()) / 1000;
}
