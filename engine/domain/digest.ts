import { messageId } from './alert/message-id.ts';
import { type AlertMessage, type AlertOrigin, subjectMark } from './alert-message.ts';
import type { Problem } from './alerts.ts';
import type { Finding } from './finding.ts';
import { worstOf } from './severity.ts';
import type { SnapshotStanding } from './snapshot-verdict.ts';
import { speakGigabytes, speakSeconds, speakTime } from './spoken-numbers.ts';
import type { Standing } from './standing.ts';
import { withPlainLines } from './text/plain-text.ts';

export interface DigestOptions extends AlertOrigin {
  at: Date;
  findings: readonly Finding[];
  snapshots: readonly SnapshotStanding[];
  /** What else is not as it should be. */
  problems: readonly Problem[];
  command: string;
}

/** One message a week that says that all is well, or what is not: who hears nothing knows that nobody is looking. */
export function digestMessage(found: readonly Standing[], options: DigestOptions): AlertMessage {
  const standings = withPlainLines(found);
  const { at, findings, snapshots, problems, command, project, host, config } =
    withPlainLines(options);
  const severity = worstOf([...findings, ...problems].map((one) => one.severity));
  const bytes = standings.reduce((sum, { newest }) => sum + (newest?.storedBytes ?? 0), 0);
  const subject = `${subjectMark(project)} ${severity.toUpperCase()}: the week until ${speakTime(at).slice(0, 10)}`;
  const bad = [
    ...problems.map(otherLine),
    ...findings.filter((one) => one.severity !== 'ok').map(problemLine),
  ];
  const text = [
    subject,
    [
      `${standings.length} ${standings.length === 1 ? 'plan of a database' : 'plans of databases'}, ${speakGigabytes(bytes)} in the newest sets`,
      ...standings.map((one) => lineOf(one, at)),
      ...snapshots.map((one) => snapshotLine(one, at)),
    ].join('\n'),
    ...(bad.length === 0 ? [] : [['Not as it should be:', ...bad].join('\n')]),
    `Project ${project} on ${host}. How everything is now: ${command}`,
  ].join('\n\n');
  const id = messageId({ at, host, project, keys: [] });
  return {
    schemaVersion: 1,
    id,
    thread: id,
    at,
    subject,
    text,
    severity,
    alerts: [],
    open: [],
    command,
    project,
    host,
    config,
  };
}

function lineOf({ plan, database, newest, provenAt }: Standing, at: Date): string {
  const proven =
    provenAt === undefined ? 'never proven' : `proven by a set ${ageOf(provenAt, at)} old`;
  if (newest === undefined) return `  ${database}/${plan}: no set, ${proven}`;
  const size = newest.storedBytes === null ? 'unknown size' : speakGigabytes(newest.storedBytes);
  return `  ${database}/${plan}: ${ageOf(newest.startedAt, at)} old, ${size}, ${newest.state}, ${proven}`;
}

function snapshotLine({ plan, database, newest }: SnapshotStanding, at: Date): string {
  const stands =
    newest === undefined ? 'no snapshot' : `snapshot of RDS ${ageOf(newest.startedAt, at)} old`;
  return `  ${database}/${plan}: ${stands}`;
}

function ageOf(time: Date, at: Date): string {
  return speakSeconds(Math.max(0, (at.getTime() - time.getTime()) / 1000));
}

function otherLine({ severity, title, detail }: Problem): string {
  return `  ${severity.toUpperCase()} ${title}: ${detail}`;
}

function problemLine({ severity, database, plan, verdict, detail }: Finding): string {
  const place = [database, plan].filter((name) => name !== null).join('/');
  return `  ${severity.toUpperCase()} ${place}${place === '' ? '' : ': '}${verdict}: ${detail}`;
}
