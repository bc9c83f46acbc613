import { z } from 'zod';
import { RESERVED_PLAN_NAMES } from '../contract.ts';
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
  recent: z.array(recentSchema).default([]).describe('Tables whose newest row must be young.'),
  assertions: z
    .array(assertionSchema)
    .default([])
    .describe('Your own SQL, judged in the restored copy: pass or fail and a count, never values.'),
});

export const databaseSchema = z
  .strictObject({
    url: urlWithoutPassword.optional().describe('postgresql:// URL without a password.'),
    service: name.optional().describe('A service of the connection service file (~/.pg_service.conf).'),
    host: z.string().min(1).optional().describe('Host name, address, or the directory of a Unix socket.'),
    port: z.int().min(1).max(65_535).optional().describe('Port; 5432 unless set.'),
    user: name.optional().describe('Role to log in as.'),
    database: name.optional().describe('Name of the database on the server.'),
    passwordEnv: name.optional().describe('Environment variable that holds the password.'),
    envFile: name.optional().describe('File of NAME=value lines with DATABASE_URL, PG* or DB_* in it.'),
    fromEnvironment: z.literal(true).optional().describe('Take DATABASE_URL, PG* or DB_* of the environment.'),
    sslmode: z.enum(SSL_MODES).optional().describe('TLS; verify-full unless the host is this machine.'),
    sslrootcert: name.optional().describe('File of the certificate authorities to trust.'),
    drill: drillSchema.prefault({}).describe('What a drill of this database asks for beyond equal rows.'),
  })
  .refine((database) => database.url ?? database.service ?? database.host ?? database.envFile ?? database.fromEnvironment, {
    message: 'needs one of url, service, host, envFile or fromEnvironment',
  });

const keepSchema = z
  .union([
    durationSchema.transform((forSeconds) => ({ for: forSeconds, atLeast: 1 })),
    z.strictObject({
      for: durationSchema.describe('How long a set is kept.'),
      atLeast: z.int().min(1).default(1).describe('How many younger proven sets must exist before one is released.'),
    }),
  ])
  .describe('How long sets are kept: 30d, or { for: 30d, atLeast: 2 }.');

export const planSchema = z
  .strictObject({
    kind: z.literal('logical').default('logical').describe('logical: pg_dump under one snapshot.'),
    databases: z
      .union([z.literal('all'), z.array(name).min(1)])
      .default('all')
      .describe('Names of databases, or all.'),
    schedule: z.string().optional().describe('When it is to run: a five-field cron expression.'),
    keep: keepSchema.prefault('30d'),
    repositories: z.array(name).length(1).optional().describe('The repository it writes to; the only one unless set.'),
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

export const repositorySchema = z.strictObject({
  folder: name.describe('A directory on this machine or a mounted disk.'),
});

const planName = name.refine((text) => !RESERVED_PLAN_NAMES.includes(text), {
  message: `is a reserved name (${RESERVED_PLAN_NAMES.join(', ')})`,
});

const keysSchema = z.strictObject({
  file: name.default('~/.config/holdfast/key').describe('The key file, mode 600, never inside a repository.'),
  breakGlass: name.optional().describe('Public key (PEM) of the break-glass pair: its private half opens every set when the key is gone.'),
});

export const configSchema = z
  .strictObject({
    project: name.describe('Name of this installation; bound into every encrypted object.'),
    databases: z.record(name, databaseSchema).describe('The databases to protect, by a name of your choice.'),
    repositories: z.record(name, repositorySchema).describe('Where backup sets live.'),
    plans: z.record(planName, planSchema).describe('What is taken, when, and how long it is kept.'),
    keys: keysSchema.prefault({}).describe('What the sets are encrypted for.'),
    postgresBin: z.array(name).optional().describe("Directories of PostgreSQL's programs, searched instead of the usual places."),
  })
  .superRefine(checkReferences);

export type Config = z.output<typeof configSchema>;
export type DatabaseConfig = Config['databases'][string];
export type PlanConfig = Config['plans'][string];
export type DrillConfig = z.output<typeof drillSchema>;

interface Referring {
  databases: Record<string, unknown>;
  repositories: Record<string, unknown>;
  plans: Record<string, { databases: 'all' | string[]; repositories?: string[] | undefined }>;
}

function checkReferences(config: Referring, context: z.RefinementCtx): void {
  for (const [plan, { databases, repositories }] of Object.entries(config.plans)) {
    const named = databases === 'all' ? [] : databases;
    named.forEach((database, index) => {
      if (database in config.databases) return;
      context.addIssue({ code: 'custom', path: ['plans', plan, 'databases', index], message: `there is no database "${database}"` });
    });
    repositories?.forEach((repository, index) => {
      if (repository in config.repositories) return;
      context.addIssue({ code: 'custom', path: ['plans', plan, 'repositories', index], message: `there is no repository "${repository}"` });
    });
    if (repositories === undefined && Object.keys(config.repositories).length !== 1) {
      context.addIssue({ code: 'custom', path: ['plans', plan, 'repositories'], message: 'name the repository, there is not just one' });
    }
  }
}
