import { Command } from 'commander';
import { systemClock } from '../../engine/composition/from-config.ts';
import { repositoriesOf } from '../../engine/composition/repositories.ts';
import { type DrillException, describeException } from '../../engine/domain/drill-report.ts';
import {
  type LogicalManifest,
  type Manifest,
  type PhysicalManifest,
  plaintextBytes,
  storedBytes,
  totalRows,
} from '../../engine/domain/manifest.ts';
import { contentsOf, describeContents } from '../../engine/domain/set/contents.ts';
import {
  describeSuspicion,
  type ExplainedSuspicion,
  endOfSuspicion,
} from '../../engine/domain/set/describe-suspicion.ts';
import { showTable } from '../../engine/domain/table-name.ts';
import { HoldfastError } from '../../engine/errors.ts';
import { explainSuspicions } from '../../engine/operations/catalog/explain-suspicions.ts';
import { readProof } from '../../engine/operations/catalog/read-proof.ts';
import type { CatalogedSet } from '../../engine/operations/catalog.ts';
import { findSet } from '../../engine/operations/find-set.ts';
import type { Run } from '../run.ts';
import { showBytes, showCount, showSeconds, showState, showTime } from '../words.ts';

export function showCommand(run: Run): Command {
  return new Command('show')
    .description('print one backup set: a summary of its manifest, or all of it with --json')
    .argument('<set>', 'id, latest, latest-proven, DATABASE/latest or DATABASE/PLAN/latest')
    .action(
      run(async (invocation, _options, [name = '']) => {
        const loaded = await invocation.load();
        const repositories = await repositoriesOf(loaded, invocation.named());
        const databases = Object.keys(loaded.config.databases);
        const { entry: set, place } = await findSet(
          {
            ...{ repositories, databases, clock: systemClock },
            progress: (event) => invocation.printer.progress(event),
          },
          name,
        );
        if (set.manifest === undefined)
          throw new HoldfastError({
            code: 'MANIFEST_INVALID',
            message: set.problem ?? 'the manifest can not be read',
          });
        const { seal, ...manifest } = set.manifest;
        const suspicions =
          set.state === 'SUSPECT' ? await explainSuspicions(place.repository, set) : [];
        const exceptions =
          set.state === 'PROVEN' ? (await readProof(place.repository, set)).exceptions : [];
        invocation.printer.result(
          {
            repository: place.name,
            state: set.state,
            isHeld: set.isHeld,
            isReleased: set.isReleased,
            ...contentsOf(set.manifest),
            suspicions,
            exceptions,
            marks: set.marks,
            manifest,
          },
          (shown) => textOf(set, { ...shown, manifest: { ...shown.manifest, seal } }),
        );
      }),
    );
}

interface Shown {
  manifest: Manifest;
  suspicions: readonly ExplainedSuspicion[];
  exceptions: readonly DrillException[];
}

function textOf(set: CatalogedSet, { manifest, suspicions, exceptions }: Shown): string {
  const { source } = manifest;
  const lines: [string, string][] = [
    ['set', `${manifest.id}  ${showState(set)}`],
    ...suspicions.map((one): [string, string] => ['suspect', describeSuspicion(one)]),
    ...suspicions
      .slice(0, 1)
      .map(({ kind }): [string, string] => ['what to do', endOfSuspicion(kind, manifest.id)]),
    ...exceptions.map((one): [string, string] => ['not shown', describeException(one)]),
    ['holds', describeContents(manifest)],
    [
      manifest.kind === 'logical' ? 'database' : 'server',
      `${manifest.database} (${manifest.kind === 'logical' ? `${manifest.source.databaseName} at ` : ''}${source.address}, PostgreSQL ${source.serverVersion})`,
    ],
    ['plan', `${manifest.plan}${manifest.label === null ? '' : `, ${manifest.label}`}`],
    [
      'taken',
      `${showTime(manifest.startedAt)} in ${showSeconds(manifest.seconds.total ?? 0)}${manifest.kind === 'logical' ? `, with pg_dump ${manifest.tools.pg_dump ?? '?'}` : ''}`,
    ],
    ['kept until', showTime(manifest.keepUntil)],
    [
      'size',
      `${showBytes(storedBytes(manifest))} stored, ${showBytes(plaintextBytes(manifest))} of text`,
    ],
    ...sizeLines(manifest),
    ['opens with', manifest.keys.map(({ type, id }) => `${type} ${id}`).join(' or ')],
    ...set.marks.map(({ mark, at, kind }): [string, string] => [
      mark,
      `${showTime(at.toISOString())}${kind === undefined ? '' : `, ${kind}`}`,
    ]),
    ...(manifest.kind === 'logical' ? extensionLines(manifest) : []),
    ...manifest.leftOut.map(({ what, why }): [string, string] => ['left out', `${what}: ${why}`]),
    ...(manifest.kind === 'logical' ? tableLines(manifest) : physicalLines(manifest)),
  ];
  return lines.map(([name, value]) => `${name.padEnd(11)} ${value}`).join('\n');
}

type Line = [name: string, value: string];

function sizeLines(manifest: Manifest): Line[] {
  if (manifest.kind !== 'logical') return [];
  const tables = manifest.tables.filter(({ kind }) => kind === 'table').length;
  return [['rows', `${showCount(totalRows(manifest))} in ${tables} tables`]];
}

function extensionLines({ extensions }: LogicalManifest): Line[] {
  return extensions.map(({ name, version }) => ['extension', `${name} ${version}`]);
}

function tableLines({ tables }: LogicalManifest): Line[] {
  return tables
    .filter(({ rows }) => rows !== null)
    .map((table) => ['table', `${showTable(table)}: ${showCount(table.rows ?? 0)} rows`]);
}

function physicalLines({ physical }: PhysicalManifest): Line[] {
  const { startLsn, endLsn, timeline, previous, tablespaces, databases } = physical;
  return [
    ['WAL', `${startLsn} to ${endLsn} on timeline ${timeline}`],
    ...(previous === null ? [] : [['based on', previous] as Line]),
    ...tablespaces.map(({ oid, path }): Line => ['tablespace', `${oid} at ${path}`]),
    ...databases.map(
      ({ name, sizeBytes }): Line => ['database', `${name}, ${showBytes(sizeBytes)}`],
    ),
  ];
}
