import { closestWord } from '../../config/closest-word.ts';
import { HoldfastError } from '../../errors.ts';
import { parseBasicTime } from '../backup-id.ts';
import { quoteForShell } from '../command-quoting.ts';
import { describeMountPoint, type MountPoint } from '../repository/mount-point.ts';
import type { SetName } from '../set-name.ts';
import type { CatalogEntry } from '../set-state.ts';
import { speakTime } from '../spoken-numbers.ts';
import { didYouMean } from '../text/did-you-mean.ts';

/** A repository that was asked. */
export interface AskedPlace {
  location: string;
  /** Whether the folder exists and holds anything. */
  presence: 'absent' | 'empty' | 'filled';
  /** The disk it lies on, where that is known and may be the reason. */
  mount?: MountPoint | undefined;
}

export interface Searched {
  /** Every set that was seen, with its state as it lies there. */
  sets: readonly Pick<CatalogEntry, 'id' | 'plan' | 'database' | 'state' | 'isReleased'>[];
  places: readonly AskedPlace[];
}

type SeenSet = Searched['sets'][number];

/**
 * Why no set is the one that a person named: the wrong folder, an unknown name, or sets that may not be used.
 * @returns HoldfastError SET_NOT_FOUND, SET_SUSPECT.
 */
export function setNotFound(name: SetName, { sets, places }: Searched): HoldfastError {
  if (sets.length === 0) return nothingThere(places);
  const unknown = unknownName(name, sets);
  if (unknown !== undefined) return unknown;
  if ('id' in name) return notFound(`no backup set is ${name.id}`, nearestId(name.id, sets));
  return nothingUsable(
    name,
    sets.filter((set) => isNamed(name, set)),
  );
}

/** A folder, and what is wrong with it where there is nothing in it. */
export function describePlace({ location, presence, mount }: AskedPlace): string {
  if (presence === 'filled') return location;
  const what = presence === 'absent' ? 'does not exist' : 'is empty';
  const disk = mount === undefined ? '' : ` (${describeMountPoint(mount)})`;
  return `${location}, which ${what}${disk}`;
}

/** @returns HoldfastError SET_NOT_FOUND. */
export function nothingThere(places: readonly AskedPlace[]): HoldfastError {
  const unmounted = places.find(({ mount }) => mount?.isMounted === false)?.mount;
  if (unmounted !== undefined)
    return notFound(
      `there are no backup sets in ${places.map(describePlace).join(', nor in ')}`,
      `Mount it (mount ${quoteForShell(unmounted.path)}), and run it again.`,
    );
  const isOdd = places.some(({ presence }) => presence !== 'filled');
  return notFound(
    `there are no backup sets in ${places.map(describePlace).join(', nor in ')}`,
    isOdd
      ? 'Check the path, and that its disk is mounted; or take the first set with `holdfast backup`.'
      : 'Check the repository that the config names; or take the first set with `holdfast backup`.',
  );
}

function unknownName(
  { database, plan }: SetName,
  sets: readonly SeenSet[],
): HoldfastError | undefined {
  const databases = new Set(sets.map((set) => set.database));
  if (database !== undefined && !databases.has(database))
    return notFound(
      `there is no backup set of a database "${database}"`,
      `${didYouMean(database, databases)}There are sets of: ${[...databases].join(', ')}.`,
    );
  const plans = new Set(
    sets.filter((set) => (database ?? set.database) === set.database).map((set) => set.plan),
  );
  if (plan === undefined || plans.has(plan)) return undefined;
  return notFound(
    `there is no backup set of a plan "${plan}"${database === undefined ? '' : ` of ${database}`}`,
    `${didYouMean(plan, plans)}There are sets of: ${[...plans].join(', ')}.`,
  );
}

function nearestId(id: string, sets: readonly SeenSet[]): string {
  const near = closestWord(
    id,
    sets.map((set) => set.id),
  );
  return `${near === undefined ? '' : `Did you mean "${near}"? `}\`holdfast list\` shows all sets.`;
}

function isNamed({ database, plan }: SetName, set: SeenSet): boolean {
  return (database ?? set.database) === set.database && (plan ?? set.plan) === set.plan;
}

/** Of `latest` and `latest-proven`, where there are sets of this database and plan. */
function nothingUsable(
  name: Exclude<SetName, { id: string }>,
  named: readonly SeenSet[],
): HoldfastError {
  const there = named.filter(({ isReleased }) => !isReleased);
  const suspect = there.filter(({ state }) => state === 'SUSPECT');
  const newest = [...there].sort((one, other) => (one.id < other.id ? -1 : 1)).at(-1);
  if (newest === undefined)
    return notFound(
      `retention has released every backup set of ${placeOf(name, named)}`,
      'Take a new one with `holdfast backup`; docs/RETENTION.md says how to take a released set back from a bucket.',
    );
  if (suspect.length === there.length) return allSuspect(newest, there.length);
  if (name.mustBeProven && !there.some(({ state }) => state === 'PROVEN'))
    return notFound(
      `no backup set of ${placeOf(name, named)} is PROVEN`,
      `The newest is ${newest.id} (${newest.state}). \`holdfast drill ${quoteForShell(newest.database)}\` proves the latest one.`,
    );
  return notFound(
    `no backup set of ${placeOf(name, named)} holds the whole database`,
    '`holdfast list` shows what each set holds; one that holds only some tables is named by its id, or as DATABASE/PLAN/latest.',
  );
}

function allSuspect({ id, database }: SeenSet, count: number): HoldfastError {
  const at = parseBasicTime(id);
  const taken = at === undefined ? '' : `, taken ${speakTime(at)}`;
  const sets = count === 1 ? 'the only backup set' : `each of the ${count} backup sets`;
  return new HoldfastError({
    code: 'SET_SUSPECT',
    message: `${sets} of ${database} is SUSPECT; the newest is ${id}${taken}`,
    hint: `\`holdfast show ${id}\` says why. Named by its id it is restored all the same: what is damaged fails, and what a drill found may not matter to you. \`holdfast verify ${id}\` reads it back; \`holdfast export ${id}\` gives what can be read. Take a new backup now.`,
  });
}

function placeOf({ database, plan }: SetName, named: readonly SeenSet[]): string {
  const databases = [...new Set(named.map((set) => set.database))];
  return [database ?? databases.join(', '), ...(plan === undefined ? [] : [`plan ${plan}`])].join(
    ', ',
  );
}

function notFound(message: string, hint: string): HoldfastError {
  return new HoldfastError({ code: 'SET_NOT_FOUND', message, hint });
}
