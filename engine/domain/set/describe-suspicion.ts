import { speakTime } from '../spoken-numbers.ts';
import type { SuspicionKind } from './mark-name.ts';

/** A suspicion that stands, with what its mark says. */
export interface ExplainedSuspicion {
  /** Null for what this listing shows and no mark has recorded. */
  at: Date | null;
  kind: SuspicionKind;
  isAccepted: boolean;
  /** The command that found it. */
  operation: string | null;
  /** Who ran that command. */
  by: string | null;
  reason: string | null;
}

/** Such as `verify found damage on 2026-11-22 04:00 UTC (ada on backup1): data.dump.zst.esdk is absent`. */
export function describeSuspicion(suspicion: ExplainedSuspicion): string {
  const { at, kind, isAccepted, operation, by, reason } = suspicion;
  const when = at === null ? 'now' : `on ${speakTime(at)}`;
  return [
    `${operation ?? 'a command'} found ${FOUND[kind]} ${when}`,
    by === null ? '' : ` (${by})`,
    reason === null ? '' : `: ${reason}`,
    isAccepted ? '; accepted' : '',
  ].join('');
}

const FOUND: Record<SuspicionKind, string> = {
  damage: 'damage',
  drill: 'that it does not restore as it should',
  anomaly: 'that it is unlike the sets before it',
};

/** What to do about it; the commands work as they stand. */
export function endOfSuspicion(kind: SuspicionKind, id: string): string {
  if (kind === 'damage')
    return `Put the damaged object back from a good copy, then \`holdfast verify ${id}\`. If the set is lost, \`holdfast accept ${id}\` lets retention go on; the set stays SUSPECT.`;
  if (kind === 'drill')
    return `When the cause is gone, \`holdfast drill --backup ${id}\`. \`holdfast accept ${id}\` lets retention go on; the set stays SUSPECT.`;
  return `If the change is right, \`holdfast accept ${id}\`.`;
}
