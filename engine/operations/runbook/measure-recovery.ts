import { withDeadline } from '../../deadline.ts';
import { parseBasicTime } from '../../domain/backup-id.ts';
import { knownFailure } from '../../domain/known-failure.ts';
import { type LogicalManifest, storedBytes, totalRows } from '../../domain/manifest.ts';
import {
  type Measured,
  type MeasuredSet,
  measuredOf,
  type SeenInRepository,
} from '../../domain/runbook/measured.ts';
import { isUsable } from '../../domain/set/evaluate-marks.ts';
import type { CatalogEntry } from '../../domain/set-state.ts';
import { HoldfastError, isHoldfastError } from '../../errors.ts';
import { readableManifest, readEntries } from '../catalog.ts';
import type { Context, NamedRepository } from '../context.ts';
import { lastDrill } from './last-drill.ts';
import { lastRestores } from './last-restores.ts';

/** A plan of recovery is asked for when repositories do not answer: it does not wait for them long. */
const REPOSITORY_SECONDS = 60;
/** Manifests that are read to find one that can be. */
const MOST_MANIFESTS = 5;

export interface MeasuredRecovery {
  /** By the name of the database. */
  databases: ReadonlyMap<string, Measured>;
  /** Why a repository could not be read, by its name. */
  problems: ReadonlyMap<string, string>;
}

export interface MeasureRequest {
  databases: readonly string[];
  /** Whether a set counts as a backup of its database, by its plan. */
  counts: (entry: Pick<CatalogEntry, 'plan' | 'database'>) => boolean;
}

/** What manifests, drill reports and audit records say of times. A repository that fails is a problem, and hides no other. */
export async function measureRecovery(
  { repositories, clock }: Pick<Context, 'repositories' | 'clock'>,
  request: MeasureRequest,
): Promise<MeasuredRecovery> {
  const now = clock.now();
  const problems = new Map<string, string>();
  const seen = await Promise.all(
    repositories.map((place) =>
      withDeadline(measureIn(place, request, now), {
        seconds: REPOSITORY_SECONDS,
        late: () => tooSlow(place),
      }).catch((error: unknown) => {
        if (!isHoldfastError(error)) throw error;
        problems.set(place.name, knownFailure(error).message);
        return new Map<string, SeenInRepository>();
      }),
    ),
  );
  const databases = request.databases.map((name) => {
    const found = seen.flatMap((one) => one.get(name) ?? []);
    return [name, measuredOf(found, now)] as const;
  });
  return { databases: new Map(databases), problems };
}

async function measureIn(
  place: NamedRepository,
  { databases, counts }: MeasureRequest,
  now: Date,
): Promise<Map<string, SeenInRepository>> {
  const { repository } = place;
  const entries = (await readEntries(repository)).filter((one) => isUsable(one) && counts(one));
  const restores = await lastRestores(repository, { databases, now });
  const seen = new Map<string, SeenInRepository>();
  for (const name of databases) {
    const own = entries.filter(({ database }) => database === name);
    seen.set(name, {
      newest: await newestSet(place, own),
      provenAt: startOf(own.findLast(({ state }) => state === 'PROVEN')),
      starts: own.map(startOf).filter((start) => start !== null),
      drill: await lastDrill(place, name),
      restore: restores.get(name) ?? null,
    });
  }
  return seen;
}

function startOf(entry: CatalogEntry | undefined): Date | null {
  return (entry === undefined ? undefined : parseBasicTime(entry.id)) ?? null;
}

/** @param own sets of one database, oldest first. */
async function newestSet(
  { repository }: NamedRepository,
  own: readonly CatalogEntry[],
): Promise<MeasuredSet | null> {
  for (const entry of own.slice(-MOST_MANIFESTS).toReversed()) {
    const manifest = await readableManifest(entry, repository);
    if (manifest?.kind === 'logical') return describe(manifest, entry);
  }
  return null;
}

function describe(manifest: LogicalManifest, { id, plan, state }: CatalogEntry): MeasuredSet {
  const { startedAt, completedAt, source, extensions } = manifest;
  return {
    ...{ id, plan, state },
    startedAt: new Date(startedAt),
    seconds: Math.max(0, (Date.parse(completedAt) - Date.parse(startedAt)) / 1000),
    rows: totalRows(manifest),
    storedBytes: storedBytes(manifest),
    sourceBytes: source.sizeBytes,
    realName: source.databaseName,
    serverVersion: source.serverVersion,
    extensions: extensions.map(({ name }) => name),
  };
}

function tooSlow({ repository }: NamedRepository): HoldfastError {
  return new HoldfastError({
    code: 'REPOSITORY_UNREACHABLE',
    message: `${repository.location} gave no answer within ${REPOSITORY_SECONDS} seconds`,
    retryable: true,
  });
}
