import { Command } from 'commander';
import { repositoriesOf } from '../../engine/composition/repositories.ts';
import { storedBytes, totalRows } from '../../engine/domain/manifest.ts';
import { type HoldfastError, isHoldfastError } from '../../engine/errors.ts';
import { type CatalogedSet, readEntries, surveySets } from '../../engine/operations/catalog.ts';
import type { NamedRepository } from '../../engine/operations/context.ts';
import type { Run } from '../run.ts';
import { renderTable } from '../table.ts';
import { showBytes, showCount, showState, showTime } from '../words.ts';

export function listCommand(run: Run): Command {
  return new Command('list')
    .description('all backup sets of every repository, oldest first')
    .argument('[database]', 'only the sets of this database')
    .action(
      run(async (invocation, _options, [database]) => {
        const repositories = await repositoriesOf(await invocation.load(), invocation.named());
        const { listed, failure } = await listEverywhere(repositories, database);
        const isOnly = listed.length === 1;
        if (failure === undefined || listed.some(({ problem }) => problem === null))
          invocation.printer.result(
            { repositories: listed },
            listed.map((one) => textOf(one, { isOnly })).join('\n\n'),
          );
        if (failure !== undefined) throw failure;
      }),
    );
}

interface Listing {
  name: string;
  location: string;
  sets: ListedSet[];
  /** Why it could not be listed. */
  problem: string | null;
}

type ListedSet = ReturnType<typeof describeSet>;

/** A repository that can't be listed hides no other. @returns the first failure too. */
async function listEverywhere(
  repositories: readonly NamedRepository[],
  database: string | undefined,
) {
  const listed: Listing[] = [];
  let failure: HoldfastError | undefined;
  for (const place of repositories) {
    try {
      listed.push(await listSets(place, database));
    } catch (error) {
      if (!isHoldfastError(error)) throw error;
      failure ??= error;
      listed.push(failedListing(place, error));
    }
  }
  return { listed, failure };
}

async function listSets(
  { name, repository }: NamedRepository,
  database: string | undefined,
): Promise<Listing> {
  const entries = (await readEntries(repository)).filter(
    (entry) => database === undefined || entry.database === database,
  );
  return {
    name,
    location: repository.location,
    sets: await surveySets(repository, describeSet, { entries }),
    problem: null,
  };
}

function failedListing({ name, repository }: NamedRepository, { message }: HoldfastError): Listing {
  return { name, location: repository.location, sets: [], problem: message };
}

function describeSet({
  id,
  plan,
  database,
  state,
  isHeld,
  isReleased,
  manifest,
  problem,
  damage,
}: CatalogedSet) {
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
    problem: problem ?? damage,
  };
}

function textOf(
  { name, location, sets, problem }: Listing,
  { isOnly }: { isOnly: boolean },
): string {
  if (problem !== null) return `${name} (${location})\n${problem}`;
  if (sets.length === 0) return `no backup sets in ${location}`;
  const table = renderTable(
    ['id', 'database', 'plan', 'state', 'size', 'rows', 'kept until', 'label'],
    sets.map(rowOf),
  );
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
    showState({ state, isHeld, isReleased }),
    bytes === null ? '' : showBytes(bytes),
    rows === null ? '' : showCount(rows),
    keepUntil === null ? '' : showTime(keepUntil),
    [label, problem].filter((text) => text !== null).join('; '),
  ];
}
