import type { WrittenReport } from './write-report.ts';

/** What `report` prints as JSON, and what its function logs. */
export function reportDocument({ report, htmlKey, jsonKey, statementKey, places }: WrittenReport) {
  const counts = report.series.map((one) => one.counts);
  const sum = (pick: (count: (typeof counts)[number]) => number) =>
    counts.reduce((all, count) => all + pick(count), 0);
  const taken = sum((count) => count.taken + count.late + count.suspect);
  return {
    id: report.id,
    month: report.month,
    isComplete: report.isComplete,
    runs: { due: taken + sum((count) => count.failed + count.missed), taken },
    failures: {
      all: report.failures.length,
      open: report.failures.filter(({ mendedBy }) => mendedBy === null).length,
    },
    drills: report.drills.length,
    htmlKey,
    jsonKey,
    statementKey,
    places,
  };
}
