import { HoldfastError } from '../../errors.ts';
import { type Anomaly, isCritical } from './anomaly.ts';
import { describeAnomalies } from './describe-anomaly.ts';

export interface AnomalyFound {
  id: string;
  anomalies: readonly Anomaly[];
  /** Repositories whose copy could not be marked, and why. */
  unmarked: readonly { name: string; reason: string }[];
}

/** What a person who is paged needs to know first. */
export function reasonOf(anomalies: readonly Anomaly[]): string {
  return describeAnomalies(anomalies.filter(isCritical));
}

export function anomalyFound({ id, anomalies, unmarked }: AnomalyFound): HoldfastError {
  const missing = unmarked.map(({ name, reason }) => `${name} (${reason})`).join(', ');
  return new HoldfastError({
    code: 'ANOMALY_FOUND',
    message: [
      `${id} was read back whole, and is unlike the sets before it: ${reasonOf(anomalies)}`,
      missing === '' ? '' : `; it could not be marked as SUSPECT in ${missing}`,
    ].join(''),
    hint: [
      'The set is SUSPECT, and retention keeps it and everything older.',
      `If the change is meant, \`holdfast accept ${id}\` takes it as the new normal.`,
      'Otherwise find out what removed the rows, and restore them from an older set (`holdfast list`).',
    ].join(' '),
  });
}
