import { HoldfastError } from '../../errors.ts';
import { isSameKey, type KeyName } from '../key-name.ts';
import type { Manifest } from '../manifest.ts';
import type { Mark, SealedMark, SetMark } from './mark-name.ts';

/** Why a mark is not authentic. `unsealed` may also mean that a version before seals wrote it. */
export type SealFault = 'unsealed' | 'broken' | 'other-key';

export interface ForgedMark {
  /** Of the object. */
  key: string;
  fault: SealFault;
}

/** Every one of these counts, and not only the newest. */
const ALL_COUNT: ReadonlySet<Mark> = new Set(['released', 'disposed']);

export interface MarkQuestion {
  kinds: readonly SealedMark[];
  /** Asks for each mark, and not only for those that decide. */
  isEvery: boolean;
  confirmed: ReadonlySet<SetMark>;
}

/**
 * A mark that decides and that was not confirmed yet; undefined when all that decide are confirmed. What is forged is taken out of
 * `marks` before the next question.
 */
export function markInQuestion(
  marks: readonly SetMark[],
  { kinds, isEvery, confirmed }: MarkQuestion,
): SetMark | undefined {
  for (const kind of kinds) {
    const ofKind = marks
      .filter(({ mark }) => mark === kind)
      .sort((one, other) => other.at.getTime() - one.at.getTime());
    const deciding = isEvery || ALL_COUNT.has(kind) ? ofKind : ofKind.slice(0, 1);
    const open = deciding.find((mark) => !confirmed.has(mark));
    if (open !== undefined) return open;
  }
  return undefined;
}

/** A set with one of these may be worth less than it seems, or more, and other sets with it. */
const MISLEADING: ReadonlySet<Mark> = new Set([
  'suspect',
  'accepted',
  'unhold',
  'released',
  'disposed',
]);

/** Whether the fate of other sets, or whether this one is there at all, depends on marks that may be forged. */
export function mayMislead({ marks }: { marks: readonly SetMark[] }): boolean {
  return marks.some(({ mark }) => MISLEADING.has(mark));
}

export interface ForgedOptions {
  manifest: Pick<Manifest, 'marksAreSealed' | 'keys'> | undefined;
  keysAtHand: readonly KeyName[];
}

/**
 * Whether somebody without the key must have written the mark. Versions before seals wrote marks without one beside sets whose
 * manifests do not speak of seals; and a machine that holds another key of the set seals with that one.
 */
export function isForged(fault: SealFault, { manifest, keysAtHand }: ForgedOptions): boolean {
  if (fault === 'broken') return true;
  if (manifest === undefined) return false;
  if (fault === 'unsealed') return manifest.marksAreSealed === true;
  const sealing = manifest.keys.filter(({ type }) => type !== 'break-glass');
  return sealing.every((own) => keysAtHand.some((key) => isSameKey(key, own)));
}

export interface OfManifestOptions {
  mark: SetMark;
  /** Of the manifest beside the mark, in hexadecimal; null where there is none that can be read. */
  digest: string | null;
}

/** Whether the mark was made for this very manifest. What says that a set goes may outlive its manifest. */
export function isOfManifest(
  body: { manifest: string | null },
  { mark: { mark }, digest }: OfManifestOptions,
): boolean {
  if (body.manifest === digest) return true;
  return ALL_COUNT.has(mark) && (body.manifest === null || digest === null);
}

const FAULTS: Record<SealFault, string> = {
  unsealed: 'it has no seal',
  broken: 'its seal is not of this mark, this set and this manifest',
  'other-key': 'it was sealed with a key that is not at hand',
};

export function marksForged(
  forged: readonly ForgedMark[],
  { location }: { location: string },
): HoldfastError {
  const named = forged.slice(0, 3).map(({ key, fault }) => `${key} (${FAULTS[fault]})`);
  const more = forged.length > named.length ? ` and ${forged.length - named.length} more` : '';
  return new HoldfastError({
    code: 'MARK_FORGED',
    message: `marks in ${location} were not written by a holder of the key: ${named.join(', ')}${more}`,
    hint: 'They decided nothing. Find out who can write in this repository, change those credentials, and remove the files.',
  });
}

export function describeForged({ key, fault }: ForgedMark): string {
  return `${key} decides nothing: ${FAULTS[fault]}`;
}
