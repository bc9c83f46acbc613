import { z } from 'zod';
import { HoldfastError } from '../errors.ts';
import { Secret } from './secret.ts';

/** A login, and the place it is for as far as the secret says so. */
export interface DatabaseSecret {
  user: string;
  password: Secret;
  host: string | undefined;
  port: string | undefined;
  database: string | undefined;
}

const text = z.string().min(1);
/** As RDS writes it ("JSON structure of AWS Secrets Manager secrets"); a secret that RDS manages itself has a login only. */
const secretSchema = z.looseObject({
  username: text,
  password: text,
  host: text.optional(),
  port: z.union([z.int(), text]).optional(),
  dbname: text.optional(),
  engine: text.optional(),
});

/** @throws HoldfastError CONFIG_INVALID that names members, never a value. */
export function parseDatabaseSecret(json: string, { name }: { name: string }): DatabaseSecret {
  const result = secretSchema.safeParse(parseJson(json));
  if (!result.success) throw unusable(`secret ${name} has no usable ${membersOf(result.error)}`);
  const { username, password, host, port, dbname, engine } = result.data;
  if (engine !== undefined && !/postgres/i.test(engine))
    throw unusable(`secret ${name} is of a database that is not PostgreSQL`);
  return {
    user: username,
    password: new Secret(password),
    host,
    port: port?.toString(),
    database: dbname,
  };
}

function membersOf({ issues }: z.ZodError): string {
  const members = issues.map(({ path }) => path[0]).filter((member) => member !== undefined);
  return members.length === 0
    ? 'username and password: it is not a JSON object'
    : [...new Set(members)].join(' and ');
}

function parseJson(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

function unusable(message: string): HoldfastError {
  return new HoldfastError({
    code: 'CONFIG_INVALID',
    message,
    hint: 'It must be a JSON object as RDS writes it: username and password, and host, port and dbname where the config does not name them.',
  });
}
