import { type DrillReport, judge } from '../../domain/drill-report.ts';
import type { Context } from '../context.ts';
import type { DrillRequest } from '../drill-request.ts';
import type { OpenedSet } from '../opened-set.ts';
import type { DrillFindings } from './findings.ts';

export interface DescribeOptions {
  context: Pick<Context, 'clock' | 'actor' | 'repository'>;
  set: OpenedSet;
  request: Pick<DrillRequest, 'tester' | 'notes' | 'isRehearsal'>;
  startedAt: Date;
  /** Where the set was restored: `server` only of one that somebody named. */
  place: Pick<DrillReport, 'testDatabase' | 'serverVersion' | 'isIsolated' | 'server'>;
  found: DrillFindings;
  /** What happened beside the findings. */
  notes?: readonly string[];
}

/** The report of a drill that ends now. */
export function describeReport(options: DescribeOptions): DrillReport {
  const { context, set, request, startedAt, place, found, notes = [] } = options;
  const completedAt = context.clock.now();
  const { server, ...restored } = place;
  return {
    schemaVersion: 1,
    date: startedAt.toISOString().slice(0, 10),
    tester: request.tester,
    host: context.actor.host,
    backup: {
      ...set.address,
      startedAt: set.manifest.startedAt,
      storedBytes: set.storedBytes,
      repository: context.repository.location,
    },
    ...restored,
    startedAt: startedAt.toISOString(),
    completedAt: completedAt.toISOString(),
    restoreSeconds: found.restoreSeconds,
    durationSeconds: (completedAt.getTime() - startedAt.getTime()) / 1000,
    tables: found.tables,
    checks: found.checks,
    exceptions: found.exceptions,
    result: judge(found.checks),
    ...(request.isRehearsal === true ? { rehearsal: true as const } : {}),
    ...(server === undefined ? {} : { server }),
    notes: [...(request.notes === undefined ? [] : [request.notes]), ...notes, ...found.notes],
  };
}
