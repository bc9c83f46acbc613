import { markName, type SetMark } from './mark-name.ts';

interface Marked {
  marks: readonly SetMark[];
}

/** Names of the marks that say what was unlike the earlier sets, the newest first. */
export function anomalyMarkNames({ marks }: Marked): string[] {
  return newestFirst(marks)
    .filter(({ mark, kind }) => mark === 'suspect' && kind === 'anomaly')
    .map(({ mark, at, kind }) => markName(mark, at, kind));
}

/** Names of the marks by which somebody accepted what was found, the newest first. */
export function acceptanceMarkNames({ marks }: Marked): string[] {
  return newestFirst(marks)
    .filter(({ mark }) => mark === 'accepted')
    .map(({ mark, at }) => markName(mark, at));
}

/** Whether anything was ever found against the set, whatever became of it. */
export function wasSuspected({ marks }: Marked): boolean {
  return marks.some(({ mark }) => mark === 'suspect');
}

/** A set is compared with the earlier ones once, when it becomes CHECKED. */
export function wasChecked({ marks }: Marked): boolean {
  return marks.some(({ mark }) => mark === 'checked');
}

/** When it was compared: a later verification of the same set compares nothing. */
export function comparedAtOf({ marks }: Marked): Date | null {
  return newestFirst(marks).findLast(({ mark }) => mark === 'checked')?.at ?? null;
}

function newestFirst(marks: readonly SetMark[]): SetMark[] {
  return marks.toSorted((one, other) => other.at.getTime() - one.at.getTime());
}
