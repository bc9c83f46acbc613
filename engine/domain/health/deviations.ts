import type { Anomaly, AnomalyCode } from '../anomaly/anomaly.ts';
import { describeAnomalies } from '../anomaly/describe-anomaly.ts';
import { type Finding, finding, type SeenSet, type Verdict } from '../finding.ts';
import { endOfSuspicion } from '../set/describe-suspicion.ts';
import { speakTime } from '../spoken-numbers.ts';

/** What a verification found when it compared a set with the earlier ones. */
export interface SeenDeviations {
  anomalies: readonly Anomaly[];
  /** The start of the first set of the unbroken series of sets with the same finding. */
  since: Readonly<Partial<Record<DeviationVerdict, Date>>>;
}

export type DeviationVerdict = Extract<Verdict, 'shrunk' | 'swollen' | 'slow'>;

const VERDICT_OF: Record<AnomalyCode, DeviationVerdict> = {
  shrunk: 'shrunk',
  vanished: 'shrunk',
  swollen: 'swollen',
  slow: 'slow',
};

export function deviationVerdictOf({ code }: Pick<Anomaly, 'code'>): DeviationVerdict {
  return VERDICT_OF[code];
}

/** A suspicion of this kind stands until somebody accepts the set. */
export function isOfAnomaly({ kind }: SeenSet['suspicions'][number]): boolean {
  return kind === 'anomaly';
}

/**
 * The newest set of a plan and database that was compared with the earlier ones: a set that is still
 * to be verified says nothing, and so neither ends nor repeats what the one before it showed.
 */
export function newestCompared(own: readonly SeenSet[]): SeenSet | undefined {
  return comparedSets(own).at(-1);
}

export function comparedSets(own: readonly SeenSet[]): SeenSet[] {
  return own.filter(
    ({ comparedAt, suspicions, fulfilsPlan }) =>
      fulfilsPlan && ((comparedAt ?? null) !== null || suspicions.some(isOfAnomaly)),
  );
}

/** How the newest compared set differs from the earlier ones: at most one finding of each verdict. @param own of one plan and database, oldest first. */
export function judgeDeviations(
  own: readonly SeenSet[],
  { repository }: { repository: string },
): Finding[] {
  const set = newestCompared(own);
  if (set === undefined) return [];
  const { plan, database, id, startedAt, suspicions } = set;
  const { anomalies = [], since = {} } = set.deviations ?? {};
  const suspicion = suspicions.find(isOfAnomaly);
  const judged = (verdict: DeviationVerdict, rest: Pick<Finding, 'severity' | 'detail' | 'hint'>) =>
    finding(
      { plan, database, repository },
      { verdict, ...rest, since: since[verdict] ?? startedAt, set: id },
    );
  const found = Map.groupBy(anomalies, deviationVerdictOf);
  const taken = `taken ${speakTime(startedAt)}`;
  const warnings = (['shrunk', 'swollen', 'slow'] as const).flatMap((verdict) => {
    const own = found.get(verdict);
    if (own === undefined || (verdict === 'shrunk' && suspicion !== undefined)) return [];
    const detail = `the newest verified set, ${taken}, is unlike the ones before it: ${describeAnomalies(own)}`;
    return [judged(verdict, { severity: 'warning', detail, hint: HINTS[verdict](id) })];
  });
  if (suspicion === undefined) return warnings;
  const numbers = found.get('shrunk') ?? [];
  const reason =
    numbers.length > 0 ? describeAnomalies(numbers) : `\`holdfast show ${id}\` says why`;
  const detail = `the newest verified set, ${taken}, is SUSPECT: ${reason}`;
  return [
    judged('shrunk', {
      severity: 'critical',
      detail,
      hint: `Ask whether rows were removed on purpose. ${endOfSuspicion('anomaly', id)} Otherwise find out what removed or encrypted them, and restore them from an older set (\`holdfast list\`).`,
    }),
    ...warnings,
  ];
}

const HINTS: Record<DeviationVerdict, (id: string) => string> = {
  shrunk: (id) =>
    `Ask whether the table was dropped on purpose; \`holdfast show ${id}\` shows the tables that are there.`,
  swollen: (id) =>
    `Ask what added the rows; \`holdfast show ${id}\` shows the tables. It ends by itself when the new size has become usual.`,
  slow: () =>
    'Look at the load of the server and of the network at that time. It ends by itself when a later set is as fast as usual, or the new time has become usual.',
};
