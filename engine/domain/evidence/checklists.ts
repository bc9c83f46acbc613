import { type Evidence, isWholePlan } from './evidence.ts';
import type { Checklist, EvidenceReport } from './report-schema.ts';

export const SIX_YEARS_SECONDS = 2190 * 86_400;
const DAY_SECONDS = 86_400;

type Draft = Omit<EvidenceReport, 'checklists' | 'notShown'>;
type Line = Checklist['lines'][number];
type Answer = Omit<Line, 'line'>;

/** The checklists of both guides, line by line, with what this report shows of each. */
export function checklists(report: Draft, evidence: Evidence): Checklist[] {
  const answers = answersOf(report, evidence);
  const lines = (all: [string, Answer][]): Line[] =>
    all.map(([line, answer]) => ({ line, ...answer }));
  return [
    {
      guide: 'Heart Recovery Calendar: Database Backup and Recovery Guide',
      lines: lines([
        ['Encryption at Rest: All backups encrypted with AES-256 or stronger', answers.encrypted],
        [
          'Encryption in Transit: Backups transferred over secure channels (SFTP, HTTPS)',
          answers.transit,
        ],
        ['Access Controls: Only authorized personnel can access backups', answers.access],
        ['Audit Logging: All backup/restore operations logged', answers.logged],
        ['Offsite Storage: Backups stored in secure offsite location', answers.offsite],
        ['Backup Testing: Regular restore tests documented', answers.tested],
        [
          'Retention Policy: Backups retained for required period (minimum 6 years)',
          answers.retained,
        ],
        ['Disposal Policy: Secure deletion of old backups', answers.disposed],
        ['Business Associate Agreements: BAAs with any third-party backup providers', BAA],
        ['Disaster Recovery Plan: Documented and tested annually', PLAN],
      ]),
    },
    {
      guide: 'Physician Dashboard 2035: Database Backup Guide',
      lines: lines([
        ['Daily automated backups configured', answers.daily],
        ['Backups encrypted at rest', answers.encrypted],
        ['Backups stored off-site (cloud)', answers.offsite],
        ['Restore procedures documented', PROCEDURES],
        ['Monthly restore testing scheduled', answers.tested],
        ['Backup access logged and audited', answers.accessLogged],
        ['Disaster recovery plan documented', PLAN],
      ]),
    },
  ];
}

const BAA: Answer = {
  answer: 'not shown',
  evidence: 'Contracts are kept outside of Holdfast.',
};
const PLAN: Answer = {
  answer: 'not shown',
  evidence: 'The plan and its yearly test are documents outside of this report.',
};
const PROCEDURES: Answer = {
  answer: 'partly shown',
  evidence:
    'Holdfast ships its procedures (README, docs/RUNBOOK.md, docs/RECOVER-WITHOUT-HOLDFAST.md); whether yours are written down is not shown.',
};

function answersOf(report: Draft, evidence: Evidence) {
  return {
    encrypted: encrypted(evidence),
    transit: inTransit(report),
    access: NO_ACCESS,
    logged: logged(report),
    offsite: offsite(report),
    tested: tested(report, evidence),
    retained: retained(report, evidence),
    disposed: disposed(report),
    daily: daily(report, evidence),
    accessLogged: accessLogged(report),
  };
}

const NO_ACCESS: Answer = {
  answer: 'not shown',
  evidence:
    'Rights of the repositories are not read by this report; `holdfast doctor` and the policies of the store show them.',
};

function encrypted({ sets, month }: Evidence): Answer {
  const read = sets.filter(({ startedAt, problem }) => startedAt >= month.from && problem === null);
  const sealed = read.filter(({ keys }) => keys.length > 0).length;
  if (read.length === 0) return { answer: 'not shown', evidence: 'No set of the month was read.' };
  return {
    answer: sealed === read.length ? 'shown' : 'partly shown',
    evidence: `${sealed} of ${read.length} sets name the keys that they are encrypted for; every object is encrypted with AES-256-GCM (AWS Encryption SDK).`,
  };
}

function inTransit({ repositories }: Draft): Answer {
  const remote = repositories.filter(({ isRemote }) => isRemote).length;
  if (remote === 0)
    return {
      answer: 'not shown',
      evidence: 'All repositories are folders; how their disks are attached is not known here.',
    };
  return {
    answer: remote === repositories.length ? 'shown' : 'partly shown',
    evidence: `${remote} of ${repositories.length} repositories are buckets, which are reached over HTTPS; objects are encrypted before they leave the machine.`,
  };
}

function logged({ records, ledgers }: Draft): Answer {
  const { total, unreadable, clocks } = records;
  const problems = ledgers.flatMap((one) => one.problems).length;
  const open = unreadable.length + clocks.length + problems;
  const sealed =
    ledgers.length === 0
      ? 'no ledger covers them'
      : `a signed ledger covers them, with ${problems} problems`;
  if (total === 0) return { answer: 'not shown', evidence: 'There is no record of this month.' };
  return {
    answer: open > 0 || ledgers.length === 0 ? 'partly shown' : 'shown',
    evidence: `${total} records of operations; ${unreadable.length} can not be read, ${clocks.length} times can not be right; ${sealed}.`,
  };
}

function offsite({ databases, standing }: Draft): Answer {
  const scores = standing?.scorecard ?? [];
  const away = scores.filter(({ offSite }) => offSite.length > 0).length;
  const met = scores.filter(({ is321 }) => is321 === true).length;
  return {
    answer: answerOf(away, databases.length),
    evidence: `${away} of ${databases.length} databases have a copy that is certainly off-site; the 3-2-1 rule is met for ${met}. Where the disk of a folder stands is not known here.`,
  };
}

function tested({ databases, drills }: Draft, { config }: Evidence): Answer {
  const passed = new Set(
    drills.filter(({ result }) => result === 'PASS').map(({ database }) => database),
  );
  const count = databases.filter(({ database }) => passed.has(database)).length;
  const off = databases.filter(({ database }) => {
    const drill = config.databases[database]?.drill;
    return drill !== undefined && (!drill.enabled || drill.off !== undefined);
  }).length;
  return {
    answer: answerOf(count, databases.length),
    evidence: `${count} of ${databases.length} databases were restored and compared in this month${off === 0 ? '' : `; drills are off for ${off}`}.`,
  };
}

function retained({ databases, plans }: Draft, { sets }: Evidence): Answer {
  const long = new Set(
    plans.flatMap((one) => (one.keepSeconds >= SIX_YEARS_SECONDS ? [one.plan] : [])),
  );
  const kept = databases.filter(({ database }) =>
    sets.some((set) => set.database === database && long.has(set.plan)),
  ).length;
  const planned = databases.filter(({ database }) =>
    plans.some((one) => long.has(one.plan) && one.databases.includes(database)),
  ).length;
  const named = `a plan that keeps sets for six years is configured for ${planned} of ${databases.length} databases`;
  return {
    answer:
      planned === databases.length && planned > 0 ? 'shown' : answerOf(kept, databases.length),
    evidence: `Records, drill reports and evidence are kept six years; ${named}.`,
  };
}

function disposed({ releases, disposals }: Draft): Answer {
  if (disposals.length > 0)
    return {
      answer: 'shown',
      evidence: `Certificates of sets of which nothing is left: ${disposals.length}. Sets that retention released: ${releases.length}.`,
    };
  if (releases.length === 0)
    return { answer: 'not shown', evidence: 'Retention released no set in this month.' };
  return {
    answer: 'partly shown',
    evidence: `Sets that retention released, each with a record and a reason: ${releases.length}. When the last version of an object is gone is shown by the store.`,
  };
}

function daily({ databases, series: all }: Draft, { config: { plans } }: Evidence): Answer {
  const series = all.filter(({ plan }) => isWholePlan(plans[plan]));
  const isDaily = (database: string) =>
    series.some((one) => {
      const { taken, late, suspect } = one.counts;
      const due = one.runs.filter(({ outcome }) => outcome !== 'before-plan');
      return one.database === database && due.length > 0 && taken + late + suspect === due.length;
    }) && gapOf(database) <= DAY_SECONDS + 3600;
  const gapOf = (database: string) =>
    Math.min(...series.filter((one) => one.database === database).map(longestGap));
  const count = databases.filter(({ database }) => isDaily(database)).length;
  return {
    answer: answerOf(count, databases.length),
    evidence: `${count} of ${databases.length} databases have a schedule of at least once a day for all their tables, and a set of every run that was due.`,
  };
}

function longestGap({ runs }: Draft['series'][number]): number {
  const gaps = runs.flatMap(({ dueAt }, index) => {
    const before = runs[index - 1];
    return before === undefined ? [] : [(Date.parse(dueAt) - Date.parse(before.dueAt)) / 1000];
  });
  return gaps.length === 0 ? Number.POSITIVE_INFINITY : Math.max(...gaps);
}

function accessLogged({ acts, records }: Draft): Answer {
  const reads = acts.filter(({ operation }) => ['restore', 'export', 'copy'].includes(operation));
  if (records.total === 0) return { answer: 'not shown', evidence: 'There is no record.' };
  return {
    answer: 'partly shown',
    evidence: `Restores, exports and copies by Holdfast that are listed: ${reads.length}. Who reads objects by other means is shown by the access log of the store.`,
  };
}

function answerOf(count: number, of: number): Answer['answer'] {
  if (count === 0) return 'not shown';
  return count === of ? 'shown' : 'partly shown';
}
