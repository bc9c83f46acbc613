import { z } from 'zod';
import { RESERVED_PLAN_NAMES } from '../contract.ts';
import { alertsSchema } from './alerts-schema.ts';
import { awsSchema, contactSchema, objectivesSchema, runbookSchema } from './aws-schema.ts';
import { databaseSchema } from './database-schema.ts';
import { type PlanConfig, planSchema } from './plan-schema.ts';
import { databasesOf } from './plan-scope.ts';
import { repositorySchema } from './repository-schema.ts';
import { type SnapshotPlanConfig, snapshotPlanSchema } from './snapshot-plan-schema.ts';
import { name } from './texts.ts';

const planName = name.refine((text) => !RESERVED_PLAN_NAMES.includes(text), {
  message: `is a reserved name (${RESERVED_PLAN_NAMES.join(', ')})`,
});

/** Most plans are logical, and say no kind. */
const anyPlanSchema = z.preprocess(
  (plan) =>
    typeof plan === 'object' && plan !== null && !('kind' in plan)
      ? { ...plan, kind: 'logical' }
      : plan,
  z.discriminatedUnion('kind', [planSchema, snapshotPlanSchema], { unionFallback: true }),
);

const keysSchema = z.strictObject({
  kms: name
    .optional()
    .describe(
      'ARN, id or alias of a KMS key, best a multi-Region key. Unless `file` is set too, no key file is used.',
    ),
  file: name
    .optional()
    .describe(
      'The key file, mode 600, never inside a repository; ~/.config/holdfast/key unless there is a KMS key.',
    ),
  breakGlass: z
    .string()
    .min(1)
    .max(4000)
    .optional()
    .describe(
      'Public key (PEM) of the break-glass pair, its file or its text: the private half opens every set when the key is gone.',
    ),
  signing: name
    .optional()
    .describe(
      'What signs the ledger of the audit records, receipts of drills and reports: a file with an Ed25519 private key (made on first use), or the ARN or alias of a KMS key of the spec ECC_NIST_P256; `signing.pem` beside the key file unless set.',
    ),
});

export const configSchema = z
  .strictObject({
    project: name.describe('Name of this installation; bound into every encrypted object.'),
    databases: z
      .record(name, databaseSchema)
      .describe('The databases to protect, by a name of your choice.'),
    repositories: z.record(name, repositorySchema).describe('Where backup sets are stored.'),
    plans: z
      .record(planName, anyPlanSchema)
      .describe('What is backed up, when, and how long it is kept.'),
    keys: keysSchema.prefault({}).describe('The keys that sets are encrypted with.'),
    alerts: alertsSchema
      .optional()
      .describe(
        'Who gets an alert when a run fails, when `check` finds something, and when it is resolved.',
      ),
    heartbeatUrl: z
      .url({ protocol: /^https?$/ })
      .optional()
      .describe(
        'URL to GET after every successful backup and check (in AWS: check only); an outside monitor raises an alarm when the requests stop.',
      ),
    ca: name
      .optional()
      .describe(
        'File of certificate authorities (PEM) that are trusted besides the usual ones: for buckets, AWS services, webhooks, SMTP and the heartbeat. PostgreSQL goes by `sslrootcert`.',
      ),
    diskFull: z
      .number()
      .min(0.5)
      .max(1)
      .default(0.85)
      .describe('`check` warns when the disk of a folder is fuller than this share.'),
    postgresBin: z
      .array(name)
      .optional()
      .describe("Directories of PostgreSQL's programs, searched instead of the usual directories."),
    objectives: objectivesSchema.optional().describe('Objectives of a recovery.'),
    contacts: z.array(contactSchema).optional().describe('Whom to call on the worst day.'),
    runbook: runbookSchema
      .optional()
      .describe(
        'Reminds of the review of the recovery plan that `holdfast runbook` writes: `check` warns when it is due, or names nobody to call.',
      ),
    aws: awsSchema
      .optional()
      .describe('What `cdk deploy` creates; the command line does not need it.'),
  })
  .superRefine(checkReferences)
  .transform(({ plans, ...config }) => ({ ...config, ...byKind(plans) }));

/** The file's plans in two: whoever takes, keeps or counts backup sets has to do with `plans` alone. */
export type Config = z.output<typeof configSchema>;

type AnyPlan = PlanConfig | SnapshotPlanConfig;

function byKind(all: Record<string, AnyPlan>): {
  plans: Record<string, PlanConfig>;
  snapshotPlans: Record<string, SnapshotPlanConfig>;
} {
  const entries = Object.entries(all);
  return {
    plans: Object.fromEntries(
      entries.filter((entry): entry is [string, PlanConfig] => entry[1].kind === 'logical'),
    ),
    snapshotPlans: Object.fromEntries(
      entries.filter(
        (entry): entry is [string, SnapshotPlanConfig] => entry[1].kind === 'snapshot',
      ),
    ),
  };
}

interface Referring {
  databases: Record<string, { replica?: unknown; rds?: unknown }>;
  repositories: Record<string, unknown>;
  plans: Record<string, AnyPlan>;
}

type Complain = (path: (string | number)[], message: string) => void;

function checkReferences(config: Referring, context: z.RefinementCtx): void {
  for (const [name, plan] of Object.entries(config.plans)) {
    const complain: Complain = (path, message) =>
      context.addIssue({ code: 'custom', path: ['plans', name, ...path], message });
    checkDatabases(config, plan, complain);
    if (plan.kind === 'logical') checkRepositories(config, plan, complain);
  }
}

/** Each is there, and has what the plan takes it from. */
function checkDatabases({ databases }: Referring, plan: AnyPlan, complain: Complain): void {
  const named = plan.databases === 'all' ? [] : plan.databases;
  const taken = databasesOf(plan, databases).filter((database) =>
    Object.hasOwn(databases, database),
  );
  for (const database of taken) {
    const { replica, rds } = databases[database] ?? {};
    if (plan.kind === 'logical' && plan.source === 'replica' && replica === undefined)
      complain(['source'], `database "${database}" names no replica`);
    if (plan.kind === 'snapshot' && rds === undefined)
      complain(
        ['databases'],
        `database "${database}" names no rds.instance or rds.cluster, and only RDS takes snapshots`,
      );
  }
  named.forEach((database, index) => {
    if (!Object.hasOwn(databases, database))
      complain(['databases', index], `there is no database "${database}"`);
  });
}

function checkRepositories(
  config: Referring,
  { repositories }: PlanConfig,
  complain: Complain,
): void {
  repositories?.forEach(({ name: repository }, index) => {
    const isTwice = repositories.findIndex((other) => other.name === repository) < index;
    if (Object.hasOwn(config.repositories, repository) && !isTwice) return;
    complain(
      ['repositories', index],
      isTwice
        ? `repository "${repository}" is named twice`
        : `there is no repository "${repository}"`,
    );
  });
  if (repositories === undefined && Object.keys(config.repositories).length !== 1)
    complain(['repositories'], 'name the repositories, there is not just one');
}
