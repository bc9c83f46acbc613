import type { EvidenceReport } from '../../domain/evidence/report-schema.ts';
import type { Standing } from '../../domain/evidence/standing-schema.ts';
import { speakSeconds } from '../../domain/spoken-numbers.ts';
import { type Markup, markup, moment, section, showMoment, table } from './markup.ts';

/** How each database is protected, and what a check found, when the report was made. */
export function standing({ standing: stood }: EvidenceReport): Markup {
  if (stood === null)
    return section('Scorecard', markup`<p class="none">The config names nothing to check.</p>`);
  return section(
    'Scorecard',
    markup`<p class="about">As of ${showMoment(stood.checkedAt)} UTC, when the report was made.</p>`,
    table(
      [
        'database',
        'copies',
        '3-2-1',
        'age of the newest',
        'restore by the last drill',
        'not met, or not known',
      ],
      stood.scorecard.map((score) => [
        score.database,
        copiesOf(score),
        score.is321 === null ? 'not known' : score.is321 ? 'met' : 'not met',
        spoken(score.rpoSeconds),
        spoken(score.rtoSeconds),
        [...score.missing, ...score.unknown].join('; '),
      ]),
      { none: 'No plan takes a database.' },
    ),
    markup`<h3>What check found</h3>`,
    table(
      ['severity', 'verdict', 'plan / database', 'repository', 'since (UTC)', 'detail'],
      stood.findings.map(({ severity, verdict, plan, database, repository, since, detail }) => [
        severity,
        verdict,
        [plan, database].filter((name) => name !== null).join(' / '),
        repository,
        moment(since),
        detail,
      ]),
      { none: 'Everything was ok.' },
    ),
  );
}

function copiesOf({ copies }: Standing['scorecard'][number]): Markup {
  return markup`${copies.map(
    ({ repository, medium, state, lockedUntil, lastReadAt }) =>
      markup`<div>${repository} (${medium}): ${state ?? 'none'}${lockedUntil === null ? '' : `, locked until ${showMoment(lockedUntil)}`}${lastReadAt === null ? '' : `, read back ${showMoment(lastReadAt)}`}</div>`,
  )}`;
}

function spoken(seconds: number | null): string {
  return seconds === null ? 'not measured' : speakSeconds(seconds);
}
