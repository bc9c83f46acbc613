import { Command } from 'commander';
import { repositoryOf } from '../../engine/composition/from-config.ts';
import { storedBytes, totalRows } from '../../engine/domain/manifest.ts';
import { type CatalogedSet, readCatalog } from '../../engine/operations/opened-set.ts';
import type { Run } from '../run.ts';
import { renderTable } from '../table.ts';
import { showBytes, showCount, showTime } from '../words.ts';

export function listCommand(run: Run): Command {
  return new Command('list')
    .description('all backup sets of the repository, oldest first')
    .argument('[database]', 'only the sets of this database')
    .action(
      run(async (invocation, _options, [database]) => {
        const repository = repositoryOf(await invocation.load(), invocation.options.repository);
        const sets = (await readCatalog(repository)).filter((set) => database === undefined || set.database === database);
        invocation.printer.result({ repository: repository.location, sets: sets.map(jsonOf) }, textOf(sets, repository.location));
      }),
    );
}

function jsonOf({ id, plan, database, state, isHeld, manifest, problem }: CatalogedSet): object {
  return {
    id,
    plan,
    database,
    state,
    isHeld,
    startedAt: manifest?.startedAt ?? null,
    keepUntil: manifest?.keepUntil ?? null,
    storedBytes: manifest === undefined ? null : storedBytes(manifest),
    rows: manifest === undefined ? null : totalRows(manifest),
    contents: manifest?.selection.contents ?? null,
    label: manifest?.label ?? null,
    problem: problem ?? null,
  };
}

function textOf(sets: readonly CatalogedSet[], location: string): string {
  if (sets.length === 0) return `no backup sets in ${location}`;
  const rows = sets.map(({ id, database, plan, state, isHeld, manifest, problem }) => [
    id,
    database,
    plan,
    `${state}${isHeld ? ', held' : ''}`,
    manifest === undefined ? (problem ?? '') : showBytes(storedBytes(manifest)),
    manifest === undefined ? '' : showCount(totalRows(manifest)),
    manifest === undefined ? '' : showTime(manifest.keepUntil),
    manifest?.label ?? '',
  ]);
  return renderTable(['id', 'database', 'plan', 'state', 'size', 'rows', 'kept until', 'label'], rows);
}
