import type { AwsConfig } from '../config/aws-schema.ts';
import type { Config } from '../config/schema.ts';
import { databasesOfPlans, namedPlans, type VaultPlan } from '../config/vault-plans.ts';
import { encodeName } from './key.ts';

type StackConfig = Config & { aws: AwsConfig };

/** What a database or a prefix may have, so that keys, policies of sessions and dimensions of metrics are within what AWS takes. */
const MOST_LETTERS = 100;
/** Of an id of a lifecycle rule AWS takes 255. */
const MOST_OF_A_RULE = 240;
/** Of one policy IAM takes 6144 letters; so much is left for prefixes in the longest, which is that of prune. */
const MOST_OF_A_POLICY = 4700;
/** Prefixes in it that are of no plan. */
const OTHER_PREFIXES = 11;

/** Names that the schema takes, and that names of things in AWS are made of. */
export function nameMistakes(config: StackConfig, plans: readonly VaultPlan[]): string[] {
  const { project, repositories, aws } = config;
  const { prefix = '' } = repositories[aws.repository] ?? {};
  return [
    ...(/^[A-Za-z][A-Za-z0-9-]{0,29}$/.test(project)
      ? []
      : [
          `project: "${project}" can not name a stack: a letter first, then letters, digits and hyphens, 30 at most`,
        ]),
    ...databasesOfPlans(config, plans).flatMap(([name]) => databaseMistakes(name)),
    ...(prefix.length > MOST_LETTERS
      ? [
          `repositories.${aws.repository}.prefix: has ${prefix.length} letters; ${MOST_LETTERS} at most`,
        ]
      : []),
    ...aws.formerPlans
      .filter((name) => encodeName(name).length > MOST_OF_A_RULE)
      .map(tooLongForARule),
    ...policyMistakes(config),
  ];
}

/** CloudWatch takes no other letters in a dimension of a metric. */
function databaseMistakes(name: string): string[] {
  if (/^[!-~]([ -~]{0,98}[!-~])?$/.test(name)) return [];
  return [
    `databases.${name}: can not name a metric: printable letters of ASCII, ${MOST_LETTERS} at most`,
  ];
}

function tooLongForARule(name: string): string {
  return `aws.formerPlans: "${name.slice(0, 30)}..." is too long for the id of a lifecycle rule`;
}

/** The roles of backup and prune name the prefix of every plan. */
function policyMistakes(config: StackConfig): string[] {
  const { bucket = '', prefix = '' } = config.repositories[config.aws.repository] ?? {};
  const around = `"arn:aws-us-gov:s3:::${bucket}/${prefix}//*",`.length;
  const names = [...(namedPlans(config, config.aws.repository) ?? [])];
  const letters = names.reduce(
    (sum, name) => sum + around + encodeName(name).length,
    OTHER_PREFIXES * around,
  );
  if (letters <= MOST_OF_A_POLICY) return [];
  return [
    `plans: ${names.length} plans and former plans make a policy of IAM too long; use fewer of them, shorter names or a shorter prefix`,
  ];
}
