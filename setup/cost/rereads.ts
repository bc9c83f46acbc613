import { runsInCycle } from '../../engine/domain/verify/choose-rotation.ts';
import { DAILY_SHARE } from '../../engine/domain/verify/daily-turns.ts';
import type { PlanFacts } from './month.ts';

const DAYS_A_MONTH = 365 / 12;

export interface Rereads {
  /** Verifications of old sets in a month: the share of all warm sets, and the newest PROVEN set each day. */
  verified: number;
  /** Cold sets that are inspected, each once in a cycle. */
  inspected: number;
}

/** Of one database, when every plan has been kept for its whole time. */
export function rereadsOfMonth(plans: readonly PlanFacts[]): Rereads {
  const standing = plans.map(({ runsAMonth, keepDays, cold }) => {
    const warmDays = Math.min(keepDays, cold?.afterDays ?? keepDays);
    const aDay = runsAMonth / DAYS_A_MONTH;
    return { warm: aDay * warmDays, cold: aDay * (keepDays - warmDays) };
  });
  const cycles = DAYS_A_MONTH / runsInCycle(DAILY_SHARE);
  const sum = (kind: 'warm' | 'cold') => standing.reduce((all, one) => all + one[kind], 0);
  return { verified: DAYS_A_MONTH + sum('warm') * cycles, inspected: sum('cold') * cycles };
}
