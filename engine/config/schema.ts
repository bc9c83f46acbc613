import { z } from 'zod';
import { RESERVED_PLAN_NAMES } from '../contract.ts';
import { awsSchema, contactSchema, objectivesSchema } from './aws-schema.ts';
import { cronMistake, isTimeZone } from './cron.ts';
import { durationSchema } from './duration.ts';

export const SSL_MODES = ['disable', 'prefer', 'require', 'verify-ca', 'verify-full'] as const;

const name = z.string().min(1).max(200);

/** In a URL before the @ or as a parameter, or in a list of key=value. A password may hold an unencoded slash; host:5432/name@x is none. */
const PASSWORDS = [
  /^[a-z]+:\/\/[^/@:?]*:(?!\d+\/)[^@?]+@/i,
  /^[a-z]+:\/\/.*[?&](?:ssl)?password=/is,
  /^(?![a-z]+:\/\/)(?:.*\s)?(?:ssl)?password\s*=/is,
];

const urlWithoutPassword = z.string().refine((text) => !PASSWORDS.some((pattern) => pattern.test(text)), {
  message: 'a password does not belong into the config; use passwordEnv, a passfile (~/.pgpass) or an envFile',
});

/** SQL that yields one row with one boolean: true passes. */
const assertionSchema = z.strictObject({
  name: name.describe('What the assertion says, for the report.'),
  sql: z.string().min(1).describe('A query that yields one boolean (true passes), or a count that must be above zero.'),
});

const recentSchema = z.strictObject({
  table: name.describe('The table whose newest row must be young.'),
  column: name.describe('Its timestamp column.'),
  within: durationSchema.describe('How old the newest row may be when the backup began.'),
});

export const drillSchema = z.strictObject({
  enabled: z.boolean().default(true).describe('false where no drill can run; retention then counts CHECKED sets instead of PROVEN ones.'),
  maxAge: durationSchema.prefault('35d').describe('`check` warns when the newest PROVEN set is older.'),
  recent: z.array(recentSchema).default([]).describe('Tables whose newest row must be young.'),
  assertions: z
    .array(assertionSchema)
    .default([])
    .describe('Your own SQL, judged in the restored copy: pass or fail and a count, never values.'),
});

const addressShape = {
  url: urlWithoutPassword.optional().describe('postgresql:// URL without a password.'),
  service: name.optional().describe('A service of the connection service file (~/.pg_service.conf).'),
  host: z.string().min(1).optional().describe('Host name, address, or the directory of a Unix socket.'),
  port: z.int().min(1).max(65_535).optional().describe('Port; 5432 unless set.'),
  user: name.optional().describe('Role to log in as.'),
  database: name.optional().describe('Name of the database on the server.'),
  passwordEnv: name.optional().describe('Environment variable that holds the password.'),
  envFile: name.optional().describe('File of NAME=value lines with DATABASE_URL, PG* or DB_* in it.'),
  fromEnvironment: z.literal(true).optional().describe('Take DATABASE_URL, PG* or DB_* of the environment.'),
  secret: name
    .optional()
    .describe('ARN or name of a secret in AWS Secrets Manager, in the format that RDS writes; asked anew for every session.'),
  iam: z.literal(true).optional().describe('Log in with an IAM authentication token of RDS, made anew for every session.'),
  region: name.optional().describe('AWS region of the secret or the database; else the one of the ARN, the host name or the environment.'),
  sslmode: z.enum(SSL_MODES).optional().describe('TLS; verify-full unless the host is this machine.'),
  sslrootcert: name.optional().describe('File of the certificate authorities to trust.'),
};

type Address = { [key in keyof typeof addressShape]?: unknown };

const hasPlace = ({ url, service, host, envFile, fromEnvironment, secret }: Address) =>
  (url ?? service ?? host ?? envFile ?? fromEnvironment ?? secret) !== undefined;
const needsPlace = { message: 'needs one of url, service, host, envFile, fromEnvironment or secret' };
const hasOneLogin = ({ iam, passwordEnv, secret }: Address) => [iam, passwordEnv, secret].filter((one) => one !== undefined).length <= 1;
const needsOneLogin = { message: 'takes one of passwordEnv, secret and iam' };

const replicaSchema = z.strictObject(addressShape).refine(hasPlace, needsPlace).refine(hasOneLogin, needsOneLogin);

const rdsSchema = z
  .strictObject({
    instance: name.optional().describe('Identifier of the DB instance.'),
    cluster: name.optional().describe('Identifier of the DB cluster (Aurora, Multi-AZ cluster), instead of an instance.'),
  })
  .refine(({ instance, cluster }) => (instance === undefined) !== (cluster === undefined), { message: 'needs either instance or cluster' });

export const databaseSchema = z
  .strictObject({
    ...addressShape,
    rds: rdsSchema.optional().describe("Where RDS runs it: the stack then watches RDS's own backups against the objectives, too."),
    replica: replicaSchema.optional().describe('A standby of the same server: plans with `source: replica` dump from it.'),
    drill: drillSchema.prefault({}).describe('What a drill of this database asks for beyond equal rows.'),
  })
  .refine(hasPlace, needsPlace)
  .refine(hasOneLogin, needsOneLogin);

const keepSchema = z
  .union([
    durationSchema.transform((forSeconds) => ({ for: forSeconds, atLeast: 1 })),
    z.strictObject({
      for: durationSchema.describe('How long a set is kept.'),
      atLeast: z.int().min(1).default(1).describe('How many younger proven sets must exist before one is released.'),
    }),
  ])
  .describe('How long sets are kept: 30d, or { for: 30d, atLeast: 2 }.');

const repositoryOfPlan = z.union([
  name.transform((text) => ({ name: text, keep: undefined })),
  z.strictObject({
    name: name.describe('A repository of the config.'),
    keep: keepSchema.optional().describe("How long sets are kept there, where it differs from the plan's keep."),
  }),
]);

const scheduleSchema = z.string().superRefine((text, context) => {
  const mistake = cronMistake(text);
  if (mistake !== undefined) context.addIssue({ code: 'custom', message: mistake });
});

const timezoneSchema = z.string().refine(isTimeZone, { message: 'is not a time zone of the IANA database, such as Europe/Vienna' });

export const planSchema = z
  .strictObject({
    kind: z.literal('logical').default('logical').describe('logical: pg_dump under one snapshot.'),
    databases: z
      .union([z.literal('all'), z.array(name).min(1)])
      .default('all')
      .describe('Names of databases, or all.'),
    source: z.enum(['primary', 'replica']).default('primary').describe('replica: dump from the standby that the database names.'),
    maxLag: durationSchema
      .prefault('10m')
      .describe('How far the standby may be behind its primary; a run on one that is further behind fails, for a passing reason.'),
    schedule: scheduleSchema.optional().describe('When it is to run: a five-field cron expression.'),
    timezone: timezoneSchema.default('UTC').describe('IANA time zone of the schedule.'),
    maxAge: durationSchema
      .optional()
      .describe("`check` calls the plan late when its newest set is older; else the schedule's longest gap within a year and 2 h more."),
    keep: keepSchema.prefault('30d'),
    repositories: z
      .array(repositoryOfPlan)
      .min(1)
      .optional()
      .describe('The repositories it writes to, all of them or the run fails; the only one unless set.'),
    contents: z.enum(['all', 'schema', 'data']).default('all').describe('all, the schema only, or the data only.'),
    tables: z.array(name).min(1).optional().describe('Only the rows of these tables (the whole schema is kept beside them).'),
    excludeTables: z.array(name).min(1).optional().describe('Not the rows of these tables (their definitions stay).'),
    label: z.string().max(200).optional().describe('A word of yours in the manifest.'),
    lockWait: durationSchema.prefault('6h').describe("How long a run waits for another plan's run on the same database."),
    lockWaitTimeout: durationSchema.prefault('60s').describe('How long a table may refuse its lock before the run gives up.'),
    giveWayAfter: durationSchema
      .prefault('30s')
      .describe('How long sessions of the application may wait behind the dump before it gives way.'),
    stallTimeout: durationSchema.prefault('5m').describe('How long a connection may stand still before it counts as frozen.'),
  })
  .refine((plan) => !(plan.tables && plan.excludeTables), { message: 'takes tables or excludeTables, not both' });

const BUCKET_SETTINGS = ['prefix', 'region', 'endpoint', 'pathStyle', 'profile', 'sseKmsKey', 'acceptOverwrites'] as const;

export const repositorySchema = z
  .strictObject({
    folder: name.optional().describe('A directory on this machine or a mounted disk.'),
    bucket: z
      .string()
      .regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, { message: 'is not the name of a bucket' })
      .optional()
      .describe('An S3 bucket, instead of a folder.'),
    prefix: z
      .string()
      .regex(/^[A-Za-z0-9_%.-]+(\/[A-Za-z0-9_%.-]+)*$/, {
        message: 'is not a prefix: letters, digits, _ - . and / between, none at the ends',
      })
      .optional()
      .describe('Where in the bucket the sets live; at its root unless set.'),
    region: name.optional().describe("The bucket's region; else the one of the environment or the profile."),
    endpoint: z
      .url({ protocol: /^https?$/ })
      .optional()
      .describe('URL of an S3-compatible store that is not AWS.'),
    pathStyle: z
      .boolean()
      .optional()
      .describe('Name the bucket in the path instead of the host name; true for most stores that are not AWS.'),
    profile: name.optional().describe('Profile of ~/.aws/config whose credentials are used for this repository.'),
    sseKmsKey: name.optional().describe("KMS key of the server-side encryption, where it is not the bucket's own default."),
    acceptOverwrites: z
      .literal(true)
      .optional()
      .describe(
        'Use a store that ignores If-None-Match, so that nothing keeps a second writer from replacing a backup; warned of on every run.',
      ),
  })
  .refine(({ folder, bucket }) => (folder === undefined) !== (bucket === undefined), { message: 'needs either folder or bucket' })
  .superRefine((repository, context) => {
    if (repository.folder === undefined) return;
    for (const setting of BUCKET_SETTINGS)
      if (repository[setting] !== undefined)
        context.addIssue({ code: 'custom', path: [setting], message: 'belongs to a bucket, and this is a folder' });
  });

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

const emailSchema = z.strictObject({
  to: z.array(z.email()).min(1).describe('Who is told.'),
  from: z.email().describe('Whom the message comes from.'),
  smtp: urlWithoutPassword
    .refine((text) => /^smtps?:\/\//.test(text), { message: 'expected smtp://[user@]host[:port] or smtps://...' })
    .optional()
    .describe('smtp://[user@]host[:port] (STARTTLS where the server has it) or smtps://; else the sendmail program.'),
  passwordEnv: name.optional().describe("Environment variable that holds the SMTP user's password."),
});

const webhookSchema = z
  .strictObject({
    url: z
      .url({ protocol: /^https?$/ })
      .optional()
      .describe('Takes a POST of JSON; its `text` is what Slack, Mattermost and Teams show.'),
    urlEnv: name.optional().describe('Environment variable that holds the URL, where the URL itself is a secret; wins over url.'),
  })
  .refine(({ url, urlEnv }) => (url ?? urlEnv) !== undefined, { message: 'needs url or urlEnv' });

const alertsSchema = z.strictObject({
  email: emailSchema.optional().describe('Alerts by e-mail.'),
  webhook: webhookSchema.optional().describe('Alerts to a URL.'),
  command: z.array(z.string()).min(1).optional().describe('A program and its arguments; the alert is JSON on its standard input.'),
  coolDown: durationSchema.prefault('6h').describe('The same alert is not repeated sooner.'),
  stateFolder: name.default('~/.local/state/holdfast').describe('Where it is remembered what was told; one file a project.'),
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
export type DatabaseConfig = Config['databases'][string];
export type PlanConfig = Config['plans'][string];
export type DrillConfig = z.output<typeof drillSchema>;
export type RepositoryConfig = z.output<typeof repositorySchema>;
export type RdsConfig = z.output<typeof rdsSchema>;
export type AddressConfig = z.output<typeof replicaSchema>;
export type AlertsConfig = z.output<typeof alertsSchema>;
export type KeepConfig = z.output<typeof keepSchema>;

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
