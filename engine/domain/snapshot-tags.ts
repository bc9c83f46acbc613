import { RELEASED_TAG, SNAPSHOT_TAGS } from '../contract.ts';
import type { SnapshotTerms } from './snapshot.ts';

export type Tags = Readonly<Record<string, string>>;

/** Beside RELEASED_TAG's value: a person's word that it stays, whatever its age. */
export const HOLD = 'hold';

/** What a snapshot of ours is born with. */
export function tagsOf(
  project: string,
  { plan, scheduledFor, keepUntil, keepAtLeast }: SnapshotTerms,
): Tags {
  return {
    [SNAPSHOT_TAGS.project]: project,
    [SNAPSHOT_TAGS.plan]: plan,
    [SNAPSHOT_TAGS.scheduledFor]: scheduledFor.toISOString(),
    [SNAPSHOT_TAGS.keepUntil]: keepUntil.toISOString(),
    [SNAPSHOT_TAGS.keepAtLeast]: String(keepAtLeast),
  };
}

export function releaseTags(at: Date): Tags {
  return { [RELEASED_TAG.key]: RELEASED_TAG.value, [SNAPSHOT_TAGS.releasedAt]: at.toISOString() };
}

export interface ReadTags {
  terms: SnapshotTerms;
  isHeld: boolean;
  releasedAt: Date | undefined;
}

/** Undefined for what is not a snapshot of this project's, or has lost its tags: retention leaves it alone. */
export function readTags(project: string, tags: Tags): ReadTags | undefined {
  const {
    project: ofProject,
    plan,
    scheduledFor,
    keepUntil,
    keepAtLeast,
    releasedAt,
  } = SNAPSHOT_TAGS;
  const times = [scheduledFor, keepUntil].map((name) => timeIn(tags[name]));
  const [due, until] = times;
  if (
    tags[ofProject] !== project ||
    tags[plan] === undefined ||
    due === undefined ||
    until === undefined
  )
    return undefined;
  const atLeast = Number(tags[keepAtLeast]);
  const state = tags[RELEASED_TAG.key];
  return {
    terms: {
      plan: tags[plan],
      scheduledFor: due,
      keepUntil: until,
      keepAtLeast: Number.isInteger(atLeast) ? Math.max(1, atLeast) : 1,
    },
    isHeld: state === HOLD,
    releasedAt: state === RELEASED_TAG.value ? timeIn(tags[releasedAt]) : undefined,
  };
}

function timeIn(text: string | undefined): Date | undefined {
  const time = new Date(text ?? '');
  return Number.isNaN(time.getTime()) ? undefined : time;
}
