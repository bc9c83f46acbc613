import type { EvidenceReport } from '../../domain/evidence/report-schema.ts';
import { speakSeconds } from '../../domain/spoken-numbers.ts';
import { type Markup, moment, section, table } from './markup.ts';

/** The alerts of the stack's check, and how long each stood. */
export function alerts({ alerts: stood }: EvidenceReport): Markup {
  return section(
    'Alerts of check',
    table(
      ['alert', 'severity', 'since (UTC)', 'ended (UTC)', 'stood'],
      stood.map(({ title, severity, since, endedAt, seconds }) => [
        title,
        severity,
        moment(since),
        endedAt === null ? 'not in the month' : moment(endedAt),
        speakSeconds(Math.round(seconds)),
      ]),
      { none: 'No record of an alert is there.' },
    ),
  );
}
