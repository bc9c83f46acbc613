import { type Anomaly, isCritical } from '../../domain/anomaly/anomaly.ts';
import { anomaliesIn } from '../../domain/anomaly/anomaly-record.ts';
import type { SeenSet } from '../../domain/finding.ts';
import {
  comparedSets,
  type DeviationVerdict,
  deviationVerdictOf,
  isOfAnomaly,
  type SeenDeviations,
} from '../../domain/health/deviations.ts';
import { objectKey } from '../../domain/key.ts';
import { markName } from '../../domain/set/mark-name.ts';
import type { Repository } from '../../ports/repository.ts';
import { readMark } from '../catalog/name-suspicion-kinds.ts';

/** No series is followed further back: so many sets are compared with. */
const LONGEST_SERIES = 30;

/**
 * What the newest compared set of a plan and database deviates in, and since which set. One request where nothing deviates; one for
 * each set of the series where something does. The marks are not opened. @param own of one plan and database, oldest first.
 */
export async function explainDeviations(
  repository: Repository,
  own: readonly SeenSet[],
): Promise<SeenDeviations | undefined> {
  const [newest, ...earlier] = comparedSets(own).toReversed();
  if (newest === undefined) return undefined;
  const anomalies = await anomaliesOf(repository, newest);
  const since: Partial<Record<DeviationVerdict, Date>> = {};
  let going = new Set(anomalies.map(deviationVerdictOf));
  for (const verdict of going) since[verdict] = newest.startedAt;
  for (const set of earlier.slice(0, LONGEST_SERIES)) {
    if (going.size === 0) break;
    const before = new Set((await anomaliesOf(repository, set)).map(deviationVerdictOf));
    going = new Set([...going].filter((verdict) => before.has(verdict)));
    for (const verdict of going) since[verdict] = set.startedAt;
  }
  return { anomalies, since };
}

/** As the first verification found them; what somebody has accepted is left out. */
async function anomaliesOf(repository: Repository, set: SeenSet): Promise<Anomaly[]> {
  const name = nameOfMark(set);
  if (name === undefined) return [];
  const isSuspected = set.suspicions.some(isOfAnomaly);
  const found = anomaliesIn((await readMark({ repository }, objectKey(set, name))) ?? {});
  return found.filter((one) => isSuspected || !isCritical(one));
}

/** The mark that makes a set SUSPECT names all that was found; where a verification was killed, it is the only one. */
function nameOfMark({ comparedAt, suspicions }: SeenSet): string | undefined {
  const suspicion = suspicions.find(isOfAnomaly);
  if (suspicion !== undefined) return markName('suspect', suspicion.at, 'anomaly');
  return comparedAt ? markName('checked', comparedAt) : undefined;
}
