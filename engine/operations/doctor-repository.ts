import { MAX_CLOCK_SKEW_SECONDS } from '../contract.ts';
import { storedBytes } from '../domain/manifest.ts';
import { speakBytes } from '../domain/spoken-numbers.ts';
import type { Clock } from '../ports/clock.ts';
import { PASS_OVER_HIDDEN } from '../ports/repository.ts';
import { readEntries, withManifest } from './catalog.ts';
import type { NamedRepository } from './context.ts';
import { type BucketAddress, examineBucket } from './doctor-bucket.ts';
import { Examination, type Finding } from './doctor-finding.ts';

/** A set that was taken before the next one is complete still lies there, and databases grow. */
const ROOM_FOR_SETS = 2;

export interface RepositoryOptions {
  place: NamedRepository;
  clock: Clock;
  /** Where it is a bucket. */
  bucket: BucketAddress | undefined;
  /** The share of a disk that may be full. */
  diskFull: number;
}

/** Whether the repository takes and gives objects, whether it has room, and how its bucket is set up. */
export async function examineRepository(
  subject: string,
  { place, clock, bucket, diskFull }: RepositoryOptions,
): Promise<Finding[]> {
  const examination = new Examination(subject);
  const { repository } = place;
  const isThere = await examination.tryOut('can be written', async () => {
    const apart = Math.round(
      Math.abs((await repository.now()).getTime() - clock.now().getTime()) / 1000,
    );
    // In a folder the clock is that of a file written for it; a bucket tells it to whoever may list.
    if (bucket !== undefined) await repository.isCreateOnly();
    const isNear = apart <= MAX_CLOCK_SKEW_SECONDS;
    return {
      value: true,
      detail: repository.location,
      status: isNear ? 'ok' : 'failed',
      fix: isNear ? [] : [`# its clock is ${apart} s off`],
    };
  });
  if (isThere === undefined) return examination.findings;
  await examineRoom(examination, place, diskFull);
  if (bucket !== undefined) await examineBucket(examination, place, bucket);
  return examination.findings;
}

async function examineRoom(
  examination: Examination,
  { repository }: NamedRepository,
  diskFull: number,
): Promise<void> {
  await examination.tryOut('free space', async () => {
    const space = await repository.freeSpace();
    if (space === undefined) return { detail: 'without end' };
    const used = 1 - space.freeBytes / space.totalBytes;
    const detail = `${speakBytes(space.freeBytes)} free, ${Math.round(used * 100)} % used`;
    const largest = await largestNewestSet({ repository });
    if (largest === undefined) return { detail, status: used > diskFull ? 'warning' : 'ok' };
    const sentence = `${detail}; the newest set of ${largest.database} has ${speakBytes(largest.bytes)}`;
    if (space.freeBytes < largest.bytes)
      return { detail: `${sentence}: another one does not fit`, status: 'failed', fix: MORE_ROOM };
    const isTight = used > diskFull || space.freeBytes < ROOM_FOR_SETS * largest.bytes;
    return { detail: sentence, status: isTight ? 'warning' : 'ok', fix: isTight ? MORE_ROOM : [] };
  });
}

const MORE_ROOM = [
  '# make room, keep sets for a shorter time, or move the repository to a larger disk',
];

/** Of the newest set of each database, the largest. */
async function largestNewestSet({
  repository,
}: Pick<NamedRepository, 'repository'>): Promise<{ database: string; bytes: number } | undefined> {
  const newest = new Map(
    (await readEntries(repository, '', PASS_OVER_HIDDEN)).map((entry) => [entry.database, entry]),
  );
  const sets = await Promise.all(
    [...newest.values()].map((entry) => withManifest(entry, repository)),
  );
  return sets
    .filter(({ manifest }) => manifest !== undefined)
    .map(({ database, manifest }) => ({
      database,
      bytes: manifest === undefined ? 0 : storedBytes(manifest),
    }))
    .sort((one, other) => other.bytes - one.bytes)[0];
}
