/**
 * Every connection parameter and environment variable of libpq (PostgreSQL 19, "Database Connection
 * Control Functions" and "Environment Variables"), and what a connection of Holdfast does with it.
 * docs/CONFIG.md prints this table; a test compares it with the names in libpq itself.
 */
export interface LibpqParameter {
  /** The word in a connection string or service file; undefined where only a variable exists. */
  keyword?: string | undefined;
  variable?: string | undefined;
  treatment: Treatment;
  /** What the parameter names: a database with an address of its own ignores the first three. */
  names?: 'server' | 'database' | 'role' | undefined;
  /** The only values that are accepted; every other one is refused. */
  accepted?: readonly string[] | undefined;
  note?: string | undefined;
}

/**
 * honoured: as libpq does. limited: honoured for the accepted values. refused: every value is.
 * ours: Holdfast sets it itself. no effect: it can not change which server is reached or how.
 */
export type Treatment = 'honoured' | 'limited' | 'refused' | 'ours' | 'no effect';

type Details = Omit<LibpqParameter, 'keyword' | 'variable' | 'treatment'>;

function row(
  treatment: Treatment,
  names: readonly [keyword: string | undefined, variable?: string],
  details: Details = {},
): LibpqParameter {
  return { keyword: names[0], variable: names[1], treatment, ...details };
}

const SERVER = { names: 'server' } as const;
const NO_GSSAPI = { note: 'Holdfast does not log in with GSSAPI' };
const NO_OAUTH = { note: 'Holdfast does not log in with OAuth' };
const KEEPALIVES = { note: 'both ends of every connection send keepalives' };
const USER_TIMEOUT = { note: 'of programs `stallTimeout` and 60 s' };
const SESSION_SETTING = { note: 'every session has the settings that pg_dump needs' };

export const LIBPQ_PARAMETERS: readonly LibpqParameter[] = [
  row('honoured', ['host', 'PGHOST'], { ...SERVER, note: 'also a list' }),
  row('honoured', ['hostaddr', 'PGHOSTADDR'], { ...SERVER, note: 'also a list' }),
  row('honoured', ['port', 'PGPORT'], { ...SERVER, note: 'also a list' }),
  row('honoured', ['target_session_attrs', 'PGTARGETSESSIONATTRS'], SERVER),
  row('honoured', ['load_balance_hosts', 'PGLOADBALANCEHOSTS'], SERVER),
  row('honoured', ['service', 'PGSERVICE'], SERVER),
  row('honoured', ['servicefile', 'PGSERVICEFILE']),
  row('honoured', [undefined, 'PGSYSCONFDIR'], { note: 'the directory of pg_service.conf' }),
  row('honoured', ['dbname', 'PGDATABASE'], { names: 'database' }),
  row('honoured', ['user', 'PGUSER'], { names: 'role' }),
  row('honoured', ['password', 'PGPASSWORD']),
  row('honoured', ['passfile', 'PGPASSFILE']),
  row('honoured', ['require_auth', 'PGREQUIREAUTH'], {
    note: 'with programs of PostgreSQL 16 and newer; older ones refuse it',
  }),
  row('honoured', ['channel_binding', 'PGCHANNELBINDING']),
  row('honoured', ['sslmode', 'PGSSLMODE'], { note: '`verify-full` by default, not `prefer`' }),
  row('honoured', ['requiressl', 'PGREQUIRESSL'], { note: '1 means `sslmode=require`' }),
  row('honoured', ['sslrootcert', 'PGSSLROOTCERT']),
  row('honoured', ['sslcert', 'PGSSLCERT']),
  row('honoured', ['sslkey', 'PGSSLKEY'], { note: 'a file; a key in an engine is refused' }),
  row('honoured', ['sslcrl', 'PGSSLCRL']),
  row('honoured', ['ssl_min_protocol_version', 'PGSSLMINPROTOCOLVERSION']),
  row('honoured', ['ssl_max_protocol_version', 'PGSSLMAXPROTOCOLVERSION']),
  row('honoured', ['connect_timeout', 'PGCONNECT_TIMEOUT'], { note: '15 seconds by default' }),
  row('honoured', ['options', 'PGOPTIONS']),
  row('limited', ['sslcertmode', 'PGSSLCERTMODE'], { accepted: ['allow', 'disable'] }),
  row('limited', ['sslsni', 'PGSSLSNI'], { accepted: ['1'] }),
  row('limited', ['sslnegotiation', 'PGSSLNEGOTIATION'], { accepted: ['postgres'] }),
  row('limited', ['gssencmode', 'PGGSSENCMODE'], { accepted: ['prefer', 'disable'] }),
  row('limited', ['min_protocol_version', 'PGMINPROTOCOLVERSION'], { accepted: ['3.0'] }),
  row('limited', ['max_protocol_version', 'PGMAXPROTOCOLVERSION'], {
    accepted: ['3.0', '3.2', 'latest'],
  }),
  row('limited', ['replication'], { accepted: ['false', 'off', 'no', '0'] }),
  row('refused', ['sslcrldir', 'PGSSLCRLDIR'], { note: 'name one file with sslcrl instead' }),
  row('refused', ['sslpassword'], { note: 'pg_dump could get it only as an argument' }),
  row('refused', ['sslkeylogfile'], { note: 'it would write down the keys of the session' }),
  row('refused', ['requirepeer', 'PGREQUIREPEER'], {
    note: 'Node.js can not ask who owns the other end of a socket',
  }),
  row('refused', ['scram_client_key'], { note: 'give the password instead' }),
  row('refused', ['scram_server_key'], { note: 'give the password instead' }),
  row('refused', ['oauth_issuer'], NO_OAUTH),
  row('refused', ['oauth_client_id'], NO_OAUTH),
  row('refused', ['oauth_client_secret'], NO_OAUTH),
  row('refused', ['oauth_scope'], NO_OAUTH),
  row('no effect', ['oauth_ca_file', 'PGOAUTHCAFILE'], NO_OAUTH),
  row('no effect', [undefined, 'PGOAUTHDEBUG'], NO_OAUTH),
  row('no effect', ['krbsrvname', 'PGKRBSRVNAME'], NO_GSSAPI),
  row('no effect', ['gsslib', 'PGGSSLIB'], NO_GSSAPI),
  row('no effect', ['gssdelegation', 'PGGSSDELEGATION'], NO_GSSAPI),
  row('no effect', ['sslcompression', 'PGSSLCOMPRESSION'], { note: 'TLS is never compressed' }),
  row('no effect', [undefined, 'PGLOCALEDIR'], { note: 'programs speak English to Holdfast' }),
  row('ours', ['application_name', 'PGAPPNAME'], { note: '`holdfast` and the id of the set' }),
  row('ours', ['fallback_application_name'], { note: 'as application_name' }),
  row('ours', ['client_encoding', 'PGCLIENTENCODING'], { note: 'UTF8' }),
  row('ours', [undefined, 'PGDATESTYLE'], SESSION_SETTING),
  row('ours', [undefined, 'PGTZ'], SESSION_SETTING),
  row('ours', [undefined, 'PGGEQO'], SESSION_SETTING),
  row('ours', ['keepalives'], KEEPALIVES),
  row('ours', ['keepalives_idle'], KEEPALIVES),
  row('ours', ['keepalives_interval'], KEEPALIVES),
  row('ours', ['keepalives_count'], KEEPALIVES),
  row('ours', ['tcp_user_timeout'], USER_TIMEOUT),
];

/** The variables that guides and applications use, by the parameter that each one sets. */
export const GUIDE_VARIABLES = {
  host: 'DB_HOST',
  port: 'DB_PORT',
  dbname: 'DB_NAME',
  user: 'DB_USER',
  password: 'DB_PASSWORD',
} as const;

export function findParameter(keyword: string): LibpqParameter | undefined {
  return LIBPQ_PARAMETERS.find((parameter) => parameter.keyword === keyword);
}

/** Variables that say which server, database or role is meant. */
export const ADDRESS_VARIABLES: ReadonlySet<string> = new Set([
  'DATABASE_URL',
  ...Object.values(GUIDE_VARIABLES),
  ...LIBPQ_PARAMETERS.flatMap(({ variable, names }) =>
    variable === undefined || names === undefined ? [] : [variable],
  ),
]);

/** Variables about how a server is reached, whatever its address: passwords, TLS and the like. */
export const ACCESS_VARIABLES: ReadonlySet<string> = new Set(
  LIBPQ_PARAMETERS.flatMap(({ variable, names, treatment }) =>
    variable === undefined || names !== undefined || isWithoutEffect(treatment) ? [] : [variable],
  ),
);

function isWithoutEffect(treatment: Treatment): boolean {
  return treatment === 'ours' || treatment === 'no effect';
}
