import { quoteForShell } from '../command-quoting.ts';
import { type Finding, finding, isSound, type SeenSet } from '../finding.ts';
import { speakSeconds, speakTime } from '../spoken-numbers.ts';
import { ownValue } from '../text/own-value.ts';
import { judgeExceptions } from './exceptions.ts';

/** What `check` asks of the drills of a database. */
export interface DrillExpectation {
  isEnabled: boolean;
  maxAgeSeconds: number;
  /** Why the config says that none can run. */
  off?: string | undefined;
}

export interface ProofView {
  repository: string;
  /** All sets that are not released, oldest first. */
  sets: readonly SeenSet[];
  drills: Readonly<Record<string, DrillExpectation>>;
  now: Date;
}

/** Drills prove a database, whatever the plan of the set: a partial set counts only where there is no whole one. */
export function judgeProof(
  database: string,
  { repository, sets, drills, now }: ProofView,
): Finding[] {
  const drill = ownValue(drills, database);
  const own = sets.filter(
    (set) => set.database === database && set.damage === null && set.startedAt <= now,
  );
  const whole = own.filter(({ isWhole }) => isWhole);
  const candidates = whole.length > 0 ? whole : own;
  const proven = candidates.findLast((set) => isSound(set) && set.state === 'PROVEN');
  const since = proven ?? candidates[0];
  if (drill?.off !== undefined && since !== undefined)
    return [notDrilled(database, { repository, off: drill.off })];
  if (drill?.isEnabled !== true || since === undefined) return [];
  const ageSeconds = Math.floor((now.getTime() - since.startedAt.getTime()) / 1000);
  const unshown = candidates.findLast(({ notShownAt }) => (notShownAt ?? null) !== null);
  if (unshown !== undefined && unshown.startedAt >= (proven?.startedAt ?? new Date(0)))
    return [notShown(unshown, repository)];
  if (ageSeconds <= drill.maxAgeSeconds)
    return proven === undefined ? [] : judgeExceptions(proven, repository);
  const atMost = `at most ${speakSeconds(drill.maxAgeSeconds)}`;
  const from = `${speakSeconds(ageSeconds)} old, taken ${speakTime(since.startedAt)}`;
  const unproven: Finding = finding(
    { plan: null, database, repository },
    {
      verdict: 'unproven',
      severity: 'warning',
      detail:
        proven === undefined
          ? `no set was ever PROVEN, and the first is ${from}; ${atMost}`
          : `the newest PROVEN set is ${from}; ${atMost}`,
      since: new Date(since.startedAt.getTime() + drill.maxAgeSeconds * 1000),
      set: proven?.id ?? null,
      ageSeconds,
      maxAgeSeconds: drill.maxAgeSeconds,
      hint: `Run \`holdfast drill ${quoteForShell(database)} --repository ${quoteForShell(repository)}\`.`,
    },
  );
  return [unproven];
}

/** Known and accepted; who reads a check has to know it as well. */
function notDrilled(
  database: string,
  { repository, off }: { repository: string; off: string },
): Finding {
  return finding(
    { plan: null, database, repository },
    {
      verdict: 'exceptions',
      severity: 'ok',
      detail: `no drill proves it, and CHECKED sets count instead: ${off}`,
    },
  );
}

function notShown(
  { database, id, startedAt, notShownAt, notShownWhy }: SeenSet,
  repository: string,
): Finding {
  return finding(
    { plan: null, database, repository },
    {
      verdict: 'unproven',
      severity: 'warning',
      detail: `a drill could not show whether the set taken ${speakTime(startedAt)} is whole: ${notShownWhy ?? 'its machine lacks something, or the set is empty'}`,
      since: notShownAt ?? startedAt,
      set: id,
      hint: `The report of the drill says what is missing: install it and drill again. Where no machine has it, drill on a server that has it (--on), or set drill: {off: <reason>} for ${database}.`,
    },
  );
}
