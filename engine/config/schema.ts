import { z } from 'zod';
import { RESERVED_PLAN_NAMES } from '../contract.ts';
import { alertsSchema } from './alerts-schema.ts';
import { awsSchema, contactSchema, objectivesSchema } from './aws-schema.ts';
import { databaseSchema } from './database-schema.ts';
import { planSchema } from './plan-schema.ts';
import { repositorySchema } from './repository-schema.ts';
import { name } from './texts.ts';

const planName = name.refine((text) => !RESERVED_PLAN_NAMES.includes(text), {
  message: `is a reserved name (${RESERVED_PLAN_NAMES.join(', ')})`,
});

const keysSchema = z.strictObject({
  kms: name.optional().describe('ARN, id or alias of a KMS key, best a multi-Region one. Without `file` beside it no key file is used.'),
  file: name.optional().describe('The key file, mode 600, never inside a repository; ~/.config/holdfast/key unless there is a KMS key.'),
  breakGlass: z
    .string()
    .min(1)
    .max(4000)
    .optional()
    .describe('Public key (PEM) of the break-glass pair, its file or its text: the private half opens every set when the key is gone.'),
});

export const configSchema = z
  .strictObject({
    project: name.describe('Name of this installation; bound into every encrypted object.'),
    databases: z.record(name, databaseSchema).describe('The databases to protect, by a name of your choice.'),
    repositories: z.record(name, repositorySchema).describe('Where backup sets live.'),
    plans: z.record(planName, planSchema).describe('What is taken, when, and how long it is kept.'),
    keys: keysSchema.prefault({}).describe('What the sets are encrypted for.'),
    alerts: alertsSchema.optional().describe('Who is told when a run fails, when `check` turns worse and when all is well again.'),
    heartbeatUrl: z
      .url({ protocol: /^https?$/ })
      .optional()
      .describe('Asked (GET) after every good backup and check, so that a watchman outside rings when we fall silent.'),
    diskFull: z.number().min(0.5).max(1).default(0.85).describe('`check` warns when the disk of a folder is fuller than this share.'),
    postgresBin: z.array(name).optional().describe("Directories of PostgreSQL's programs, searched instead of the usual places."),
    objectives: objectivesSchema.optional().describe('What a recovery has to reach.'),
    contacts: z.array(contactSchema).optional().describe('Whom to call on the worst day.'),
    aws: awsSchema.optional().describe('What `cdk deploy` makes; the command line needs none of it.'),
  })
  .superRefine(checkReferences);

export type Config = z.output<typeof configSchema>;

interface Referring {
  databases: Record<string, { replica?: unknown }>;
  repositories: Record<string, unknown>;
  plans: Record<string, { databases: 'all' | string[]; source: 'primary' | 'replica'; repositories?: { name: string }[] | undefined }>;
}

function checkReferences(config: Referring, context: z.RefinementCtx): void {
  for (const [plan, { databases, repositories, source }] of Object.entries(config.plans)) {
    const named = databases === 'all' ? [] : databases;
    const dumped = databases === 'all' ? Object.keys(config.databases) : named;
    for (const database of source === 'replica' ? dumped : []) {
      if (config.databases[database]?.replica !== undefined) continue;
      context.addIssue({ code: 'custom', path: ['plans', plan, 'source'], message: `database "${database}" names no replica` });
    }
    named.forEach((database, index) => {
      if (database in config.databases) return;
      context.addIssue({ code: 'custom', path: ['plans', plan, 'databases', index], message: `there is no database "${database}"` });
    });
    repositories?.forEach(({ name: repository }, index) => {
      const isTwice = repositories.findIndex((other) => other.name === repository) < index;
      if (repository in config.repositories && !isTwice) return;
      const message = isTwice ? `repository "${repository}" is named twice` : `there is no repository "${repository}"`;
      context.addIssue({ code: 'custom', path: ['plans', plan, 'repositories', index], message });
    });
    if (repositories === undefined && Object.keys(config.repositories).length !== 1) {
      context.addIssue({ code: 'custom', path: ['plans', plan, 'repositories'], message: 'name the repositories, there is not just one' });
    }
  }
}
