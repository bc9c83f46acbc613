import { Command } from 'commander';
import { systemClock } from '../../engine/composition/from-config.ts';
import type { LoadedConfig } from '../../engine/composition/load-config.ts';
import { repositoriesOf } from '../../engine/composition/repositories.ts';
import type { DrillException } from '../../engine/domain/drill-report.ts';
import { rowsOf, storedBytes } from '../../engine/domain/manifest.ts';
import { describeHidden } from '../../engine/domain/repository/hidden-place.ts';
import { contentsOf, describeContents } from '../../engine/domain/set/contents.ts';
import { describePlace } from '../../engine/domain/set/set-not-found.ts';
import type { CatalogEntry } from '../../engine/domain/set-state.ts';
import { speakSeconds } from '../../engine/domain/spoken-numbers.ts';
import { didYouMean } from '../../engine/domain/text/did-you-mean.ts';
import { withPlainLines } from '../../engine/domain/text/plain-text.ts';
import { HoldfastError, isHoldfastError } from '../../engine/errors.ts';
import { askedPlace } from '../../engine/operations/catalog/asked-places.ts';
import { readProof } from '../../engine/operations/catalog/read-proof.ts';
import { type CatalogedSet, readEntries, surveySets } from '../../engine/operations/catalog.ts';
import type { NamedRepository } from '../../engine/operations/context.ts';
import type { HiddenFolder, Repository } from '../../engine/ports/repository.ts';
import { describeConfigOrigin } from '../config-origin.ts';
import type { Run } from '../run.ts';
import { renderTable } from '../table.ts';
import { showBytes, showCount, showState, showTime } from '../words.ts';

export function listCommand(run: Run): Command {
  return new Command('list')
    .description('list the backup sets of every repository, oldest first, and what each holds')
    .argument('[database]', 'only the sets of this database')
    .action(
      run(async (invocation, _options, [database]) => {
        const loaded = await invocation.load();
        const repositories = await repositoriesOf(loaded, invocation.named());
        const { listed, failure } = await listEverywhere(repositories, {
          database,
          now: systemClock.now(),
        });
        const shown = listed.map(
          ({ others: _others, described: _described, ...listing }) => listing,
        );
        if (database !== undefined && failure === undefined)
          assertKnown(database, { loaded, listed });
        if (failure === undefined || listed.some(({ problem }) => problem === null))
          invocation.printer.result({ config: loaded.path ?? null, repositories: shown }, () =>
            textOf(withPlainLines(listed), loaded),
          );
        for (const { location, hidden } of listed)
          for (const one of hidden) invocation.printer.note(describeHidden(one, location));
        if (failure !== undefined) throw failure;
      }),
    );
}

interface Listing {
  name: string;
  location: string;
  /** False for a folder that is not there. */
  exists: boolean;
  /** Where there are no sets: the place, and what is wrong with it. */
  described: string;
  sets: ListedSet[];
  /** Why it could not be listed. */
  problem: string | null;
  /** Folders that could not be read: what is in them is not listed. */
  hidden: HiddenFolder[];
  /** Databases of which it holds sets that were not asked for. */
  others: string[];
}

type ListedSet = ReturnType<typeof describeSet> & { exceptions: DrillException[] };

interface Asked {
  database: string | undefined;
  now: Date;
}

/** A repository that can't be listed hides no other. @returns the first failure too. */
async function listEverywhere(repositories: readonly NamedRepository[], asked: Asked) {
  const listed: Listing[] = [];
  let failure: HoldfastError | undefined;
  for (const place of repositories) {
    try {
      listed.push(await listSets(place, asked));
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
  { database, now }: Asked,
): Promise<Listing> {
  const hidden: HiddenFolder[] = [];
  const all = await readEntries(repository, '', { onHidden: (one) => hidden.push(one) });
  const entries = all.filter((entry) => database === undefined || entry.database === database);
  const { location } = repository;
  const place = all.length > 0 ? undefined : await askedPlace(repository);
  const exists = place?.presence !== 'absent';
  return {
    name,
    location,
    exists,
    described: place === undefined ? location : describePlace(place),
    sets: await describeSets(repository, { entries, now }),
    problem: null,
    hidden,
    others: [...new Set(all.map((entry) => entry.database))].filter((one) => one !== database),
  };
}

/** Marks that are read at a time. */
const AT_A_TIME = 16;

async function describeSets(
  repository: Repository,
  { entries, now }: { entries: readonly CatalogEntry[]; now: Date },
) {
  const sets = await surveySets(
    repository,
    (set) => ({ ...describeSet(set, now), provenAt: set.state === 'PROVEN' ? set.provenAt : null }),
    { entries },
  );
  const described: ListedSet[] = [];
  for (let next = 0; next < sets.length; next += AT_A_TIME) {
    const some = sets.slice(next, next + AT_A_TIME).map(async ({ provenAt, ...set }) => {
      const { exceptions } = await readProof(repository, { ...set, provenAt });
      return { ...set, exceptions };
    });
    described.push(...(await Promise.all(some)));
  }
  return described;
}

function failedListing({ name, repository }: NamedRepository, { message }: HoldfastError): Listing {
  const { location } = repository;
  return {
    name,
    location,
    described: location,
    exists: true,
    sets: [],
    problem: message,
    hidden: [],
    others: [],
  };
}

/** A database that neither the config nor a repository knows was mistyped. @throws HoldfastError USAGE. */
function assertKnown(
  database: string,
  { loaded, listed }: { loaded: LoadedConfig; listed: readonly Listing[] },
): void {
  const configured = Object.keys(loaded.config.databases);
  const stored = listed.flatMap(({ others }) => others);
  if (configured.includes(database) || listed.some(({ sets }) => sets.length > 0)) return;
  const known = [...new Set([...configured, ...stored])];
  throw new HoldfastError({
    code: 'USAGE',
    message: `neither the config nor a repository has a database "${database}"`,
    hint: `${didYouMean(database, known)}${known.length === 0 ? 'There are none' : `There are: ${known.join(', ')}`}; ${describeConfigOrigin(loaded)}.`,
  });
}

function describeSet(set: CatalogedSet, now: Date) {
  const { id, plan, database, state, isHeld, isReleased, manifest, problem, damage } = set;
  const startedAt = manifest?.startedAt ?? null;
  const contents = manifest === undefined ? undefined : contentsOf(manifest);
  return {
    id,
    plan,
    database,
    state,
    isHeld,
    isReleased,
    startedAt,
    ageSeconds:
      startedAt === null
        ? null
        : Math.max(0, Math.floor((now.getTime() - Date.parse(startedAt)) / 1000)),
    keepUntil: manifest?.keepUntil ?? null,
    storedBytes: manifest === undefined ? null : storedBytes(manifest),
    rows: manifest === undefined ? null : rowsOf(manifest),
    contents: contents?.contents ?? null,
    tables: contents?.tables ?? null,
    excludedTables: contents?.excludedTables ?? null,
    holds: manifest === undefined ? null : describeContents(manifest),
    label: manifest?.label ?? null,
    problem: problem ?? damage,
  };
}

function textOf(listed: readonly Listing[], loaded: LoadedConfig): string {
  const isOnly = listed.length === 1;
  const hasNone = listed.every(({ sets }) => sets.length === 0);
  return [
    ...listed.map((one) => textOfListing(one, { isOnly })),
    ...(hasNone ? [describeConfigOrigin(loaded)] : []),
  ].join(isOnly ? '\n' : '\n\n');
}

function textOfListing(listing: Listing, { isOnly }: { isOnly: boolean }): string {
  const { name, location, described, sets, problem, others } = listing;
  if (problem !== null) return `${name} (${location})\n${problem}`;
  if (sets.length === 0) {
    const besides = others.length === 0 ? '' : `; it holds sets of ${others.join(', ')}`;
    return `no backup sets in ${described}${besides}`;
  }
  const table = renderTable(
    [
      'id',
      'database',
      'plan',
      'state',
      'holds',
      'taken',
      'age',
      'size',
      'rows',
      'kept until',
      'note',
    ],
    sets.map(rowOf),
  );
  return isOnly ? table : `${name} (${location})\n${table}`;
}

function rowOf(set: ListedSet): string[] {
  const { startedAt, ageSeconds, storedBytes: bytes, rows, keepUntil, label, problem } = set;
  return [
    set.id,
    set.database,
    set.plan,
    showState(set),
    set.holds ?? '',
    startedAt === null ? '' : showTime(startedAt),
    ageSeconds === null ? '' : speakSeconds(ageSeconds),
    bytes === null ? '' : showBytes(bytes),
    rows === null ? '' : showCount(rows),
    keepUntil === null ? '' : showTime(keepUntil),
    [label, problem, exceptionsOf(set)].filter((text) => text !== null).join('; '),
  ];
}

function exceptionsOf({ exceptions }: ListedSet): string | null {
  const { length } = exceptions;
  if (length === 0) return null;
  return `proven but for ${length} object${length === 1 ? '' : 's'}, which \`holdfast show\` lists`;
}
