import { setPrefix } from '../../domain/key.ts';
import { knownFailure } from '../../domain/known-failure.ts';
import { describeHidden } from '../../domain/repository/hidden-place.ts';
import type { CatalogEntry } from '../../domain/set-state.ts';
import type { Share } from '../../domain/verify/choose-rotation.ts';
import { HoldfastError } from '../../errors.ts';
import type { HiddenFolder } from '../../ports/repository.ts';
import { readEntries } from '../catalog.ts';
import type { Context, NamedRepository } from '../context.ts';
import type { VerifyRequest } from '../verify.ts';
import { chooseSets } from './choose-sets.ts';
import { type RotatedCopy, RotationRun } from './rotation-run.ts';

export interface RotateRequest extends Pick<VerifyRequest, 'expectsEmpty' | 'wishOf'> {
  /** Of the warm sets of each repository; at least one set is read. */
  share: Share;
}

export interface RotatedRepository {
  repository: string;
  location: string;
  /** Sets whose objects can be read at once. */
  warmSets: number;
  coldSets: number;
  /** Why it was not listed, or not worked through; null where it was. */
  problem: string | null;
}

export interface RotateResult {
  share: string;
  repositories: RotatedRepository[];
  /** In the order in which they were read. */
  copies: RotatedCopy[];
}

export interface Rotated {
  result: RotateResult;
  /** What the run fails with; undefined where everything was read whole. */
  failure: HoldfastError | undefined;
}

/** A repository as it was listed at the beginning. */
export interface ListedRepository {
  place: NamedRepository;
  prefixes: ReadonlySet<string>;
  entries: readonly CatalogEntry[];
}

/**
 * Reads some sets of each repository back, as `verify` does: the newest PROVEN set of each database and kind, and the share of the
 * others that nobody has read for the longest time. Cold sets are inspected and not read. A bad set never keeps the others from
 * being read, nor does a repository that does not answer.
 */
export async function rotate(everywhere: Context, request: RotateRequest): Promise<Rotated> {
  const { parts, of } = request.share;
  const result: RotateResult = { share: `${parts}/${of}`, repositories: [], copies: [] };
  const failures: HoldfastError[] = [];
  const { listed, unanswered } = await listAll(everywhere, { result, failures });
  for (const one of listed) {
    const { repository: home } = one.place;
    const now = everywhere.clock.now();
    const options = { repository: home, share: request.share, now };
    const chosen = await chooseSets(one.entries, options).catch((error: unknown) => {
      everywhere.signal.throwIfAborted();
      const failure = knownFailure(error);
      failures.push(failure);
      result.repositories.push(unlisted(one.place, failure.message));
    });
    if (chosen === undefined) continue;
    const run = new RotationRun(everywhere, { request, place: one.place, listed, unanswered });
    await run.read(chosen);
    result.copies.push(...run.copies);
    failures.push(...run.failures);
    const { warmSets, coldSets } = chosen;
    const { name: repository } = one.place;
    const { location } = one.place.repository;
    result.repositories.push({ repository, location, warmSets, coldSets, problem: run.problem });
  }
  return { result, failure: asOne(failures) };
}

async function listAll(
  everywhere: Context,
  { result, failures }: { result: RotateResult; failures: HoldfastError[] },
) {
  const listed: ListedRepository[] = [];
  const unanswered: { place: NamedRepository; error: HoldfastError }[] = [];
  for (const place of everywhere.repositories) {
    try {
      const found = await list(everywhere, place);
      if (found === undefined)
        result.repositories.push(unlisted(place, 'it does not exist: is its disk mounted?'));
      else listed.push(found);
    } catch (error) {
      everywhere.signal.throwIfAborted();
      const failure = knownFailure(error);
      failures.push(failure);
      unanswered.push({ place, error: failure });
      result.repositories.push(unlisted(place, failure.message));
    }
  }
  return { listed, unanswered };
}

/** Undefined where the folder does not exist. */
async function list(
  { progress }: Context,
  place: NamedRepository,
): Promise<ListedRepository | undefined> {
  const { repository } = place;
  if ((await repository.presence()) === 'absent') return undefined;
  const onHidden = (hidden: HiddenFolder) =>
    progress({ phase: 'verify', note: describeHidden(hidden, repository.location) });
  const entries = await readEntries(repository, '', { onHidden });
  return { place, entries, prefixes: new Set(entries.map((entry) => setPrefix(entry))) };
}

function unlisted({ name, repository }: NamedRepository, problem: string): RotatedRepository {
  const { location } = repository;
  return { repository: name, location, warmSets: 0, coldSets: 0, problem };
}

/** The code of the first failure that another try will not mend; passing only where all of them are. */
function asOne(failures: readonly HoldfastError[]): HoldfastError | undefined {
  const worst = failures.find(({ retryable }) => !retryable) ?? failures[0];
  if (worst === undefined || failures.length === 1) return worst;
  const { code, message, hint, retryable } = worst;
  return new HoldfastError({
    ...{ code, retryable, cause: worst },
    message: `${failures.length} failures, among them: ${message}`,
    ...(hint === undefined ? {} : { hint }),
  });
}
