import { quoteForShell } from '../command-quoting.ts';
import { positional } from './commands.ts';
import { type DatabaseFacts, isInAws, type RepositoryFacts, type RunbookFacts } from './facts.ts';
import { codeSpan } from './markdown.ts';
import { isOverdue, nextReview } from './review.ts';

/** What is not filled in, not measured or not safe, as Markdown sentences; the most urgent first. */
export function gapsOf(facts: RunbookFacts): string[] {
  return [
    ...(facts.databases.length === 0 ? ['The config names no database.'] : []),
    ...facts.databases.flatMap((database) => gapsOfDatabase(database, facts)),
    ...gapsOfPlaces(facts),
    ...gapsOfKeys(facts),
    ...gapsOfPeople(facts),
    ...facts.repositories.flatMap(({ name, problem }) =>
      problem === null
        ? []
        : [
            `Repository ${codeSpan(name)} did not answer, so nothing of it is measured here: ${codeSpan(problem)}`,
          ],
    ),
  ];
}

function gapsOfDatabase(database: DatabaseFacts, { objectives }: RunbookFacts): string[] {
  const { plans, isDrilled, hasRestoreLogin, measured } = database;
  const name = codeSpan(database.name);
  if (plans.length === 0)
    return [`${name} is in no plan: **nothing backs it up**. Add it to a plan.`];
  const { newest, provenAt, drill, widestGap } = measured;
  return [
    ...(newest === null ? [`${name} has no backup yet, as far as could be seen.`] : []),
    ...(!isDrilled
      ? [`${name} is not drilled, so no restore of it was ever tried (\`drill\` in the config).`]
      : provenAt === null
        ? [
            `${name} was never proven by a drill: ${codeSpan(`holdfast drill ${positional(database.name).map(quoteForShell).join(' ')}`)}. Until then, take \`latest\` where this plan says \`latest-proven\`.`,
          ]
        : []),
    ...(objectives !== null && drill !== null && drill.restoreSeconds > objectives.rto
      ? [`${name}: the last drill took longer to restore than the RTO allows.`]
      : []),
    ...(objectives !== null && widestGap !== null && widestGap.seconds > objectives.rpo
      ? [`${name}: two backups were further apart than the RPO allows.`]
      : []),
    ...(hasRestoreLogin
      ? []
      : [
          `${name} has no login for restores (\`restoreAs\`, or \`RESTORE_DATABASE_URL\`): the role of backups must be able to write, or name an administrator in \`--to\`.`,
        ]),
  ];
}

function gapsOfPlaces({ repositories, stack }: RunbookFacts): string[] {
  const places = repositories.length + (stack?.replica == null ? 0 : 1);
  if (places > 1) return [];
  const [only] = repositories;
  const where = only === undefined ? '' : ` (${codeSpan(only.location)})`;
  return [
    `There is one repository${where}: 3-2-1 asks for two copies on two media, one of them elsewhere. Add another one to the plans.`,
  ];
}

function gapsOfKeys({ keys, repositories }: RunbookFacts): string[] {
  if (keys.breakGlass !== null) return [];
  const where = keys.keyFile === null ? 'the KMS key' : `the key file ${codeSpan(keys.keyFile)}`;
  const isAll = repositories.every((one: RepositoryFacts) => isInAws(one)) && keys.keyFile === null;
  return [
    `There is no break-glass pair: whoever loses ${where} loses every backup.${isAll ? '' : ' Keep a copy of the key in another place, and write here where: ____________________'}`,
  ];
}

function gapsOfPeople({ contacts, review, objectives, madeAt }: RunbookFacts): string[] {
  const next = nextReview(review);
  return [
    ...(contacts.length === 0 ? ['`contacts` is empty: nobody is named who is to be called.'] : []),
    ...contacts.flatMap(({ name, phone }) =>
      phone === null ? [`Contact ${codeSpan(name)} has no telephone number.`] : [],
    ),
    ...(objectives === null
      ? [
          '`objectives` is not set: nobody has said how long a recovery may take (RTO) and how much may be lost (RPO).',
        ]
      : []),
    ...(review.every === null
      ? ['`runbook.review` is not set: nothing reminds anybody to review this plan.']
      : []),
    ...(review.last === null
      ? ['`runbook.reviewed` is not set: no review of this plan is on record.']
      : []),
    ...(next !== null && isOverdue(review, madeAt) ? [`The review was due on ${next}.`] : []),
  ];
}
