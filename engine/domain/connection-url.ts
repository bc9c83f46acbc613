import { HoldfastError } from '../errors.ts';

/**
 * The parameters of a `postgresql://` URL or of a `key=value` string (PostgreSQL documentation, "Connection Strings").
 * @throws HoldfastError CONFIG_INVALID; the message never repeats the text, which may hold a password.
 */
export function parseConnectionString(text: string): Record<string, string> {
  return /^postgres(ql)?:\/\//.test(text) ? parseUrl(text) : parseKeyValues(text);
}

/**
 * Nothing before the query may hold an @ that is not encoded: the half of a password behind it would
 * be taken for the host, and be shown.
 */
const URL_PATTERN =
  /^postgres(?:ql)?:\/\/(?:([^:@/?]*)(?::([^@/?]*))?@)?([^@/?]*)(?:\/([^?@]*))?(?:\?(.*))?$/s;
const SERVER_PATTERN = /^(\[[^\]]*\]|[^:[\]]*)(?::(\d*))?$/;

/** libpq looks for the @ behind a login up to the first slash, beyond the ? too. */
const LOGIN_IN_QUERY = /^postgres(?:ql)?:\/\/[^@/]*\?[^/]*@/;

function parseUrl(text: string): Record<string, string> {
  const match = URL_PATTERN.exec(text);
  if (match === null || LOGIN_IN_QUERY.test(text)) throw notAUrl();
  if (/\s/.test(text))
    throw malformed('it holds a blank or a line break (a blank that is meant is %20)');
  const [, user, password, servers = '', dbname, query] = match;
  const parameters: Record<string, string> = Object.create(null);
  const given = { user, password, ...parseServers(servers), dbname };
  for (const [name, value] of Object.entries(given)) if (value) parameters[name] = decode(value);
  for (const [name, value] of pairsOf(query))
    parameters[name === 'ssl' && value === 'true' ? 'sslmode' : name] = sslTrue(name, value);
  return parameters;
}

/** host:port, or several of them: as libpq does, one list of hosts and one of ports. */
function parseServers(text: string): { host: string; port: string } {
  const servers = text.split(',').map((server) => {
    const match = SERVER_PATTERN.exec(server);
    if (match === null) throw notAUrl();
    return { host: (match[1] ?? '').replace(/^\[|\]$/g, ''), port: match[2] ?? '' };
  });
  return {
    host: servers.map(({ host }) => host).join(','),
    port: servers.map(({ port }) => port).join(','),
  };
}

function notAUrl(): HoldfastError {
  return malformed(
    'it is not a postgresql:// URL (special characters in user and password need %-encoding)',
  );
}

/** As libpq reads them: a + is a +, and the last value of a name counts. */
function pairsOf(query = ''): [string, string][] {
  const pairs = query.split('&').filter((pair) => pair !== '');
  return pairs.map((pair) => {
    const [, name, value = ''] = /^(\w+)=(.*)$/s.exec(pair) ?? [];
    if (name === undefined)
      throw malformed(
        'behind its ? is no list of name=value (special characters in a password need %-encoding)',
      );
    return [name, decode(value)];
  });
}

/** JDBC's `ssl=true`, which libpq takes too. */
function sslTrue(name: string, value: string): string {
  return name === 'ssl' && value === 'true' ? 'require' : value;
}

/**
 * Blanks behind a = are skipped, so that `host= port=1` names a host "port=1". The blanks are those
 * of ASCII.
 */
const BLANKS = String.raw`[ \t-\r]*`;
const QUOTED = String.raw`'((?:[^'\\]|\\.)*)'`;
const PLAIN = String.raw`((?:[^ \t-\r'\\]|\\.)*)`;
const END = String.raw`(?=[ \t-\r]|$)`;
const PAIR = new RegExp(
  `${BLANKS}([a-z_]+)${BLANKS}=${BLANKS}(?![ \\t-\\r])(?:${QUOTED}|${PLAIN})${END}${BLANKS}`,
  'gsy',
);

function parseKeyValues(text: string): Record<string, string> {
  const parameters: Record<string, string> = Object.create(null);
  let end = 0;
  for (const match of text.matchAll(PAIR)) {
    const [whole, name, quoted, plain] = match;
    if (name !== undefined) parameters[name] = (quoted ?? plain ?? '').replace(/\\(.)/gs, '$1');
    end = match.index + whole.length;
  }
  if (end !== text.length || end === 0)
    throw malformed('it is neither a postgresql:// URL nor a list of key=value');
  return parameters;
}

function decode(text: string): string {
  try {
    const decoded = decodeURIComponent(text);
    if (!decoded.includes('\0')) return decoded;
  } catch {
    throw malformed('a % in it does not begin a %-encoding of UTF-8');
  }
  throw malformed('it holds %00');
}

function malformed(why: string): HoldfastError {
  return new HoldfastError({
    code: 'CONFIG_INVALID',
    message: `the connection string can not be read: ${why}`,
    hint: 'It looks like postgresql://user@host:5432/database?sslmode=verify-full.',
  });
}
