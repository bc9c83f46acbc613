import { Command } from 'commander';
import { repositoriesOf } from '../../engine/composition/repositories.ts';
import {
  type Manifest,
  plaintextBytes,
  storedBytes,
  totalRows,
} from '../../engine/domain/manifest.ts';
import { showTable } from '../../engine/domain/table-name.ts';
import { HoldfastError } from '../../engine/errors.ts';
import type { CatalogedSet } from '../../engine/operations/catalog.ts';
import { findSet } from '../../engine/operations/find-set.ts';
import type { Run } from '../run.ts';
import { showBytes, showCount, showSeconds, showState, showTime } from '../words.ts';

export function showCommand(run: Run): Command {
  return new Command('show')
    .description('one backup set: its manifest in words, or whole with --json')
    .argument('<set>', 'id, latest, latest-proven, DATABASE/latest or DATABASE/PLAN/latest')
    .action(
      run(async (invocation, _options, [name = '']) => {
        const loaded = await invocation.load();
        const repositories = await repositoriesOf(loaded, invocation.named());
        const databases = Object.keys(loaded.config.databases);
        const { entry: set, place } = await findSet(
          { repositories, databases, progress: (event) => invocation.printer.progress(event) },
          name,
        );
        if (set.manifest === undefined)
          throw new HoldfastError({
            code: 'MANIFEST_INVALID',
            message: set.problem ?? 'the manifest can not be read',
          });
        const { seal: _seal, ...manifest } = set.manifest;
        invocation.printer.result(
          {
            repository: place.name,
            state: set.state,
            isHeld: set.isHeld,
            isReleased: set.isReleased,
            marks: set.marks,
            manifest,
          },
          textOf(set, set.manifest),
        );
      }),
    );
}

function textOf(set: CatalogedSet, manifest: Manifest): string {
  const { source } = manifest;
  const lines: [string, string][] = [
    ['set', `${manifest.id}  ${showState(set)}`],
    [
      'database',
      `${manifest.database} (${source.databaseName} at ${source.address}, PostgreSQL ${source.serverVersion})`,
    ],
    ['plan', `${manifest.plan}${manifest.label === null ? '' : `, ${manifest.label}`}`],
    [
      'taken',
      `${showTime(manifest.startedAt)} in ${showSeconds(manifest.seconds.total ?? 0)}, with pg_dump ${manifest.tools.pg_dump ?? '?'}`,
    ],
    ['kept until', showTime(manifest.keepUntil)],
    [
      'size',
      `${showBytes(storedBytes(manifest))} stored, ${showBytes(plaintextBytes(manifest))} of text`,
    ],
    [
      'rows',
      `${showCount(totalRows(manifest))} in ${manifest.tables.filter(({ kind }) => kind === 'table').length} tables`,
    ],
    ['opens with', manifest.keys.map(({ type, id }) => `${type} ${id}`).join(' or ')],
    ...set.marks.map(({ mark, at }): [string, string] => [mark, showTime(at.toISOString())]),
    ...manifest.extensions.map(({ name, version }): [string, string] => [
      'extension',
      `${name} ${version}`,
    ]),
    ...manifest.leftOut.map(({ what, why }): [string, string] => ['left out', `${what}: ${why}`]),
    ...manifest.tables
      .filter(({ rows }) => rows !== null)
      .map((table): [string, string] => [
        'table',
        `${showTable(table)}: ${showCount(table.rows ?? 0)} rows`,
      ]),
  ];
  return lines.map(([name, value]) => `${name.padEnd(11)} ${value}`).join('\n');
}
