import { z } from 'zod';
import { durationSchema } from './duration.ts';
import { timezoneSchema } from './plan-schema.ts';
import { name, urlWithoutPassword } from './texts.ts';

export const SSL_MODES = ['disable', 'prefer', 'require', 'verify-ca', 'verify-full'] as const;

/** SQL that yields one row with one boolean: true passes. */
const assertionSchema = z.strictObject({
  name: name.describe('What the assertion says, for the report.'),
  sql: z
    .string()
    .min(1)
    .describe('A query that yields one boolean (true passes), or a count that must be above zero.'),
});

const recentSchema = z.strictObject({
  table: name.describe('The table that must hold a recent row.'),
  column: name.describe('Its timestamp column.'),
  timezone: timezoneSchema
    .optional()
    .describe(
      'IANA time zone of a `timestamp` without time zone; the TimeZone of the database unless set.',
    ),
  within: durationSchema.describe('How old the newest row may be when the backup began.'),
});

export const drillSchema = z.strictObject({
  enabled: z
    .boolean()
    .default(true)
    .describe(
      'false where no drill can run; retention then counts CHECKED sets instead of PROVEN ones.',
    ),
  off: name
    .optional()
    .describe('Like `enabled: false`, with the reason why this database cannot be drilled.'),
  after: z
    .enum(['schedule', 'backup'])
    .default('schedule')
    .describe(
      'When drills run by themselves: schedule: once a month, the plans in turn. backup: each set of each plan behind its verification, instead of monthly.',
    ),
  maxAge: durationSchema
    .prefault('35d')
    .describe('`check` warns when the newest PROVEN set is older.'),
  recent: z.array(recentSchema).default([]).describe('Tables that must hold a recent row.'),
  assertions: z
    .array(assertionSchema)
    .default([])
    .describe(
      'Your own SQL, run in the restored copy; the report has pass or fail and a count, never values.',
    ),
});

const addressShape = {
  url: urlWithoutPassword.optional().describe('postgresql:// URL without a password.'),
  service: name
    .optional()
    .describe('A service of the connection service file (~/.pg_service.conf).'),
  host: z
    .string()
    .min(1)
    .optional()
    .describe('Host name, address, or the directory of a Unix socket.'),
  port: z.int().min(1).max(65_535).optional().describe('Port; 5432 unless set.'),
  user: name.optional().describe('Role to log in as.'),
  database: name.optional().describe('Name of the database on the server.'),
  passwordEnv: name.optional().describe('Environment variable that holds the password.'),
  envFile: name
    .optional()
    .describe('File of NAME=value lines with DATABASE_URL, PG* or DB_* in it.'),
  fromEnvironment: z
    .literal(true)
    .optional()
    .describe('Take DATABASE_URL, PG* or DB_* of the environment.'),
  secret: name
    .optional()
    .describe(
      'ARN or name of a secret in AWS Secrets Manager, in the format that RDS writes; read again for every session.',
    ),
  iam: z
    .literal(true)
    .optional()
    .describe('Log in with an IAM authentication token of RDS, a new one for every session.'),
  region: name
    .optional()
    .describe(
      'AWS region of the secret or the database; else the one of the ARN, the host name or the environment.',
    ),
  sslmode: z
    .enum(SSL_MODES)
    .optional()
    .describe('TLS; verify-full unless the host is this machine.'),
  sslrootcert: name
    .optional()
    .describe(
      'File of the certificate authorities to trust; its text goes to the tasks of the stack. system: those of the machine.',
    ),
};

type Address = { [key in keyof typeof addressShape]?: unknown };

const hasPlace = ({ url, service, host, envFile, fromEnvironment, secret }: Address) =>
  (url ?? service ?? host ?? envFile ?? fromEnvironment ?? secret) !== undefined;
const needsPlace = {
  message: 'needs one of url, service, host, envFile, fromEnvironment or secret',
};
const hasOneLogin = ({ iam, passwordEnv, secret }: Address) =>
  [iam, passwordEnv, secret].filter((one) => one !== undefined).length <= 1;
const needsOneLogin = { message: 'takes one of passwordEnv, secret and iam' };

const replicaSchema = z
  .strictObject(addressShape)
  .refine(hasPlace, needsPlace)
  .refine(hasOneLogin, needsOneLogin);

const restoreAsSchema = z
  .strictObject({
    user: name.optional().describe('Role that restores; its password is looked up in ~/.pgpass.'),
    passwordEnv: name
      .optional()
      .describe('Environment variable that holds the password of that role.'),
    secret: name
      .optional()
      .describe(
        'ARN or name of the secret of that role in AWS Secrets Manager; in AWS only the task of a restore may read it.',
      ),
    iam: z
      .literal(true)
      .optional()
      .describe('Log in with an IAM authentication token of that role.'),
    region: name
      .optional()
      .describe('AWS region of this secret or token; else found as for the database.'),
  })
  .refine(({ user, secret }) => (user ?? secret) !== undefined, {
    message: 'needs user or secret',
  })
  .refine(hasOneLogin, needsOneLogin);

const rdsSchema = z
  .strictObject({
    instance: name.optional().describe('Identifier of the DB instance.'),
    cluster: name
      .optional()
      .describe('Identifier of the DB cluster (Aurora, Multi-AZ cluster), instead of an instance.'),
  })
  .refine(({ instance, cluster }) => (instance === undefined) !== (cluster === undefined), {
    message: 'needs either instance or cluster',
  });

export const databaseSchema = z
  .strictObject({
    ...addressShape,
    rds: rdsSchema
      .optional()
      .describe(
        "The RDS instance or cluster of this database: the stack then also checks RDS's own backups against the objectives.",
      ),
    replica: replicaSchema
      .optional()
      .describe('A standby of the same server: plans with `source: replica` dump from it.'),
    restoreAs: restoreAsSchema
      .optional()
      .describe(
        'Login for restores into this database, which need more rights than backups; also used by --dry-run and doctor.',
      ),
    allowUntestedMajor: z
      .boolean()
      .default(false)
      .describe(
        'Back up a PostgreSQL that is newer than those this version of Holdfast was tested with; every run warns of it.',
      ),
    expectEmpty: z
      .boolean()
      .default(false)
      .describe(
        'true where the database may hold no row, or lose all tables of the set before: no warning then.',
      ),
    maintenanceDatabase: name
      .optional()
      .describe(
        'The database to connect to for creating and renaming databases, where postgres and template1 do not accept connections.',
      ),
    drill: drillSchema
      .prefault({})
      .describe('What a drill of this database checks beyond equal rows.'),
  })
  .refine(hasPlace, needsPlace)
  .refine(hasOneLogin, needsOneLogin);

export type DatabaseConfig = z.output<typeof databaseSchema>;
export type DrillConfig = z.output<typeof drillSchema>;
export type RestoreLoginConfig = z.output<typeof restoreAsSchema>;
export type RdsConfig = z.output<typeof rdsSchema>;
export type AddressConfig = z.output<typeof replicaSchema>;

/** Whether drills are to prove a database; else retention counts CHECKED sets. */
export function isDrilled({ enabled, off }: Pick<DrillConfig, 'enabled' | 'off'>): boolean {
  return enabled && off === undefined;
}

/** Whether drills of a database run once a month, its plans in turn. */
export function isDrilledMonthly(drill: DrillSwitches): boolean {
  return isDrilled(drill) && drill.after !== 'backup';
}

/** Whether each set of a database is drilled behind its verification. Rows alone restore into no server. */
export function isDrilledAfterBackup(
  drill: DrillSwitches,
  { contents = 'all' }: { contents?: 'all' | 'schema' | 'data' | undefined },
): boolean {
  return isDrilled(drill) && drill.after === 'backup' && contents !== 'data';
}

type DrillSwitches = Pick<DrillConfig, 'enabled' | 'off'> & Partial<Pick<DrillConfig, 'after'>>;
