import { quoteIdentifier } from '../../domain/table-name.ts';
import { HoldfastError, isHoldfastError } from '../../errors.ts';
import {
  type ConnectionSettings,
  describeConnection,
  describeServer,
  isOfRds,
} from '../connection-settings.ts';
import { type DriverError, sayDriverError } from '../driver-error.ts';
import { CONNECTIONS_OF_A_BACKUP } from './connection-room.ts';

/** Why one server could not be used, in words of this program. */
export function connectionFailed(error: unknown, settings: ConnectionSettings): HoldfastError {
  if (isHoldfastError(error)) return error;
  const { code = '' } = error as DriverError;
  const isTls = isTlsFailure(error);
  return new HoldfastError({
    code: 'CONNECTION_FAILED',
    message: `can not connect to ${describeConnection(settings)} as ${settings.user}: ${sayDriverError(error)}`,
    hint: connectionHint(settings, { code, isTls, message: String(error) }),
    retryable: !/^(28|3D|42)/.test(code) && !isTls,
    cause: error,
  });
}

/** The two sides do not agree on TLS, or a certificate is not trusted. */
export function isTlsFailure(error: unknown): boolean {
  if (isHoldfastError(error)) return false;
  const { code = '', message } = error as DriverError;
  return /certificate|SSL|TLS|self.signed|altnames/i.test(`${code} ${message}`);
}

interface Failure {
  code: string;
  isTls: boolean;
  message: string;
}

function connectionHint(settings: ConnectionSettings, { code, isTls, message }: Failure): string {
  if (code.startsWith('28'))
    return settings.login?.hint ?? settings.passwordHint ?? passwordHint(settings);
  if (code === '42501')
    return `Run as a superuser: GRANT CONNECT ON DATABASE ${quoteIdentifier(settings.database)} TO ${quoteIdentifier(settings.user)};`;
  if (code === '3D000') return 'Check the name of the database.';
  if (code === '53300') return connectionsHint(settings, message);
  if (/does not support SSL/.test(message))
    return 'Turn on ssl on the server. Only where no other machine can listen in: sslmode=disable (PGSSLMODE).';
  if (isTls && isOfRds(settings.host))
    return 'Download https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem and set sslrootcert to that file: RDS has authorities of its own.';
  if (isTls)
    return 'Holdfast verifies the certificate of every host but this machine. Set sslrootcert (PGSSLROOTCERT) to the file of its authority, or choose a weaker sslmode (PGSSLMODE).';
  return 'Check host and port, and that the server runs and accepts connections from this machine.';
}

function passwordHint({ password }: ConnectionSettings): string {
  const where = 'URL, PGPASSWORD, passwordEnv, or ~/.pgpass (mode 600)';
  if (/[\r\n]$/.test(password?.reveal() ?? ''))
    return `The password ends with a line break; set it without one (${where}).`;
  return `Check user and password: ${where}.`;
}

function connectionsHint({ user, database }: ConnectionSettings, message: string): string {
  const need = `A backup needs ${CONNECTIONS_OF_A_BACKUP} connections at once`;
  if (/for role/.test(message))
    return `${need}. Run as a superuser: ALTER ROLE ${quoteIdentifier(user)} CONNECTION LIMIT ${CONNECTIONS_OF_A_BACKUP};`;
  if (/for database/.test(message))
    return `${need}. Run as a superuser: ALTER DATABASE ${quoteIdentifier(database)} CONNECTION LIMIT -1;`;
  return `${need}. End sessions that are not needed, or raise max_connections and restart the server.`;
}

/** Whether libpq would go on to the next server or address: nobody answered, or the server is starting up. */
export function isUnreachable(error: unknown): boolean {
  if (!isHoldfastError(error, 'CONNECTION_FAILED')) return false;
  const { code = '', message = '' } = (error.cause ?? {}) as Partial<DriverError>;
  return (
    code === '57P03' || /^E(?!RR_|PROTO)[A-Z_]+$/.test(code) || /timeout expired/.test(message)
  );
}

/** The server does not let this login in: a wrong password, an expired token. */
export function isRefusal(error: unknown): boolean {
  return (
    isHoldfastError(error, 'CONNECTION_FAILED') &&
    /^28/.test((error.cause as DriverError | undefined)?.code ?? '')
  );
}

export interface FailedServer {
  settings: ConnectionSettings;
  error: HoldfastError;
}

/** One failure as it is; of several servers what each of them said. */
export function noneReached(
  settings: ConnectionSettings,
  failures: readonly FailedServer[],
): HoldfastError {
  const [first] = failures;
  if (first !== undefined && failures.length === 1) return first.error;
  const reasons = failures.map(
    (failure) => `${describeServer(failure.settings)}: ${reasonOf(failure.error)}`,
  );
  return new HoldfastError({
    code: 'CONNECTION_FAILED',
    message: `can not connect to ${describeConnection(settings)} as ${settings.user}: ${[...new Set(reasons)].join('; ')}`,
    hint: 'Check hosts and ports, and that one of the servers runs and is of the kind that target_session_attrs asks for.',
    retryable: failures.some(({ error }) => error.retryable),
    cause: first?.error,
  });
}

function reasonOf({ message }: HoldfastError): string {
  return message.replace(/^can not connect to .*? as .*?: /, '');
}
