import type { AlertMessage, AlertOrigin } from './alert-message.ts';
import type { Finding } from './finding.ts';
import { worstOf } from './severity.ts';
import { speakGigabytes, speakSeconds, speakTime } from './spoken-numbers.ts';
import type { Standing } from './standing.ts';

export interface DigestOptions extends AlertOrigin {
  at: Date;
  findings: readonly Finding[];
  command: string;
}

/** One message a week that says that all is well, or what is not: who hears nothing knows that nobody is looking. */
export function digestMessage(standings: readonly Standing[], options: DigestOptions): AlertMessage {
  const { at, findings, command, project, host, config } = options;
  const severity = worstOf(findings.map((found) => found.severity));
  const bytes = standings.reduce((sum, { newest }) => sum + (newest?.storedBytes ?? 0), 0);
  const subject = `[holdfast] ${project}: the week until ${speakTime(at).slice(0, 10)}, ${severity.toUpperCase()}`;
  const bad = findings.filter((found) => found.severity !== 'ok');
  const text = [
    subject,
    [
      `${standings.length} plans of databases, ${speakGigabytes(bytes)} in their newest sets`,
      ...standings.map((one) => lineOf(one, at)),
    ].join('\n'),
    ...(bad.length === 0 ? [] : [['Not as it should be:', ...bad.map(problemLine)].join('\n')]),
    `Project ${project} on ${host}. How everything is now: ${command}`,
  ].join('\n\n');
  return { schemaVersion: 1, at, subject, text, severity, alerts: [], open: [], command, project, host, config };
}

function lineOf({ plan, database, newest, provenAt }: Standing, at: Date): string {
  const proven = provenAt === undefined ? 'never proven' : `proven by a set ${ageOf(provenAt, at)} old`;
  if (newest === undefined) return `  ${database}/${plan}: no set, ${proven}`;
  const size = newest.storedBytes === null ? 'unknown size' : speakGigabytes(newest.storedBytes);
  return `  ${database}/${plan}: ${ageOf(newest.startedAt, at)} old, ${size}, ${newest.state}, ${proven}`;
}

function ageOf(time: Date, at: Date): string {
  return speakSeconds(Math.max(0, (at.getTime() - time.getTime()) / 1000));
}

function problemLine({ severity, database, plan, verdict, detail }: Finding): string {
  const place = [database, plan].filter((name) => name !== null).join('/');
  return `  ${severity.toUpperCase()} ${place}${place === '' ? '' : ': '}${verdict}: ${detail}`;
}
