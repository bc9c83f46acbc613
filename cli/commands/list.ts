import { Command } from 'commander';
import { repositoriesOf } from '../../engine/composition/repositories.ts';
import { storedBytes, totalRows } from '../../engine/domain/manifest.ts';
import { type CatalogedSet, readEntries, surveySets } from '../../engine/operations/catalog.ts';
import type { NamedRepository } from '../../engine/operations/context.ts';
import type { Run } from '../run.ts';
import { renderTable } from '../table.ts';
import { showBytes, showCount, showTime } from '../words.ts';

export function listCommand(run: Run): Command {
  return new Command('list')
    .description('all backup sets of every repository, oldest first')
    .argument('[database]', 'only the sets of this database')
    .action(
      run(async (invocation, _options, [database]) => {
        const repositories = await repositoriesOf(await invocation.load(), invocation.named());
        const listed: Listing[] = [];
        for (const place of repositories) listed.push(await listSets(place, database));
        invocation.printer.result({ repositories: listed }, listed.map((one) => textOf(one, { isOnly: listed.length === 1 })).join('\n\n'));
      }),
    );
}

interface Listing {
  name: string;
  location: string;
  sets: ListedSet[];
}

type ListedSet = ReturnType<typeof describeSet>;

async function listSets({ name, repository }: NamedRepository, database: string | undefined): Promise<Listing> {
  const entries = (await readEntries(repository)).filter((entry) => database === undefined || entry.database === database);
  return { name, location: repository.location, sets: await surveySets(repository, describeSet, { entries }) };
}

function describeSet({ id, plan, database, state, isHeld, isReleased, manifest, problem }: CatalogedSet) {
  return {
    id,
    plan,
    database,
    state,
    isHeld,
    isReleased,
    startedAt: manifest?.startedAt ?? null,
    keepUntil: manifest?.keepUntil ?? null,
    storedBytes: manifest === undefined ? null : storedBytes(manifest),
    rows: manifest === undefined ? null : totalRows(manifest),
    contents: manifest?.selection.contents ?? null,
    label: manifest?.label ?? null,
    problem: problem ?? null,
  };
}

function textOf({ name, location, sets }: Listing, { isOnly }: { isOnly: boolean }): string {
  if (sets.length === 0) return `no backup sets in ${location}`;
  const table = renderTable(['id', 'database', 'plan', 'state', 'size', 'rows', 'kept until', 'label'], sets.map(rowOf));
  return isOnly ? table : `${name} (${location})\n${table}`;
}

function rowOf({
  id,
  database,
  plan,
  state,
  isHeld,
  isReleased,
  storedBytes: bytes,
  rows,
  keepUntil,
  label,
  problem,
}: ListedSet): string[] {
  return [
    id,
    database,
    plan,
    `${state}${isHeld ? ', held' : ''}${isReleased ? ', released' : ''}`,
    bytes === null ? (problem ?? '') : showBytes(bytes),
    rows === null ? '' : showCount(rows),
    keepUntil === null ? '' : showTime(keepUntil),
    label ?? '',
  ];
}
