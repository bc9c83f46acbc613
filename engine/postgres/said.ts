/**
 * The one filter on what PostgreSQL says before it leaves the process. Rows must not: DETAIL, CONTEXT, STATEMENT, LINE and QUERY
 * are dropped, and a message stays only if it is one whose quoted parts are names, never values (PostgreSQL's own wording,
 * src/backend). What a function of the application raised may say anything in anyone's words, so nothing of it stays; what the server
 * says while it takes rows in may name a value as if it were a table ('x'::regclass), so only names of constraints and types stay.
 * SQLSTATE stays.
 */

const WITHHELD = 'a message that may quote rows was withheld; the server log has it';

/** Severity lines of libpq programs and the server: `pg_dump: error: ...`, `ERROR:  ...`, `psql:<stdin>:7: ERROR:  ...`. */
const SEVERITY =
  /^(?:(pg_\w+|psql|initdb|postgres)(?::[^ ]*)?: )?(?:(error|warning|fatal|detail|hint|ERROR|FATAL|PANIC|WARNING): +)?(.*)$/;

/** Why a COPY broke stands in a detail of pg_dump; it is one message of the server like any other. */
const FROM_SERVER = /^Error message from server: /;

/** Words after which a quoted text is the name of something. */
const NAMED =
  'relation|table|view|role|user|database|schema|function|procedure|extension|column|constraint|index|sequence|type|host|server at|publication|subscription|language|tablespace|parameter|option|snapshot|policy|trigger|collation|cast|operator|file|directory|library|for|slot|event trigger|large object|encoding|replication slot|on';

const CONNECTION =
  /^(connection to server|invalid connection option|could not connect|could not translate|server closed|SSL|no pg_hba\.conf entry|password authentication|PAM authentication|Peer authentication|Ident authentication|authentication|certificate|received direct TLS|timeout expired|fe_sendauth)/;
const ENDED =
  /^(terminating connection|the database system is|sorry, too many clients|remaining connection slots|too many connections|canceling statement|canceling authentication|lost connection|no connection to the server|another command|SSL connection|could not (send|receive) data|could not accept SSL|unexpected EOF)/;
const RESOURCES =
  /^(invalid snapshot identifier|snapshot|could not import|a snapshot-importing|could not serialize|deadlock detected|lock timeout|could not obtain lock|out of shared memory|out of memory|invalid memory alloc|disk full|could not (extend|write|read|open|access|fsync|create|load|resize|stat|find|determine) )/;
const INTEGRITY =
  /^(duplicate key value violates unique constraint|insert or update on table|update or delete on table|null value in column|new row for relation|conflicting key value violates|check constraint|no partition of relation|could not create unique index|value too long for type|invalid input syntax for type|invalid byte sequence for encoding|invalid input value for enum|numeric field overflow|value ".*" is out of range|date\/time field value out of range|row is too big|missing data for column|extra data after last expected column)/;

const KEPT: readonly RegExp[] = [
  CONNECTION,
  ENDED,
  RESOURCES,
  INTEGRITY,
  /^permission denied for /,
  /^(?:cannot |must be (?:owner|superuser|able|member|a member))/,
  /^role ".*" (does not exist|cannot be|already exists)/,
  /^(relation|type|schema|function|extension|database|tablespace|language|collation|publication|column|constraint|index|sequence|trigger|access method|operator class|text search \w+|server|foreign-data wrapper|large object|role|parameter|event trigger|cast|view|table|policy|aggregate|conversion|statistics object|unrecognized configuration) .* (does not exist|already exists|is not|do not exist)/,
  /^(query failed|error message from server|could not execute query|aborting because of server version mismatch|server version|error returned by|Dumping the contents|reading|dumping|query would be affected by row-level security|unsupported version|did not find|no matching tables|input file|could not read from input file|corrupt|invalid (argument|option)|extra data|unexpected (end|section|data)|worker process|a worker process|parallel|processing)/,
  /^(extension ".*" (is not available|has no)|required extension|unrecognized configuration parameter|option |syntax error|locale|encoding|new collation|invalid locale|collation|ICU locale|data directory|initdb|database ".*" (is|has)|source database|template database|there (is|are) )/,
];

/** While rows go in or are computed with. */
const KEPT_OF_ROWS: readonly RegExp[] = [CONNECTION, ENDED, RESOURCES, INTEGRITY];

/** In a CONTEXT: the message may be one that a function of the application raised. */
const RAISED = /\bfunction\b|\bPL\/|\bSQL (?:statement|expression)\b/;

/** In what a program says: the server was at rows when it failed. */
const AT_ROWS =
  /COPY failed for table|^CONTEXT: +COPY |^COPY .*, line \d+|^Command was: (?:REFRESH MATERIALIZED VIEW|CREATE (?:UNIQUE )?INDEX|ALTER TABLE [^;]*ADD CONSTRAINT)/m;

export interface SayOptions {
  /** The CONTEXT of the message, where it is known. */
  context?: string | undefined;
}

/** One message in a form that may be shown, logged and stored. */
export function sayMessage(message: string, { context = '' }: SayOptions = {}): string {
  if (RAISED.test(context)) return WITHHELD;
  const [firstLine = ''] = message.split('\n');
  const line = firstLine.trim();
  if (!context.startsWith('COPY '))
    return KEPT.some((pattern) => pattern.test(line)) ? hideValues(line) : WITHHELD;
  if (INTEGRITY.test(line)) return hideValues(line);
  return KEPT_OF_ROWS.some((pattern) => pattern.test(line))
    ? line.replace(/"(?:[^"]|"")*"|'(?:[^']|'')*'/g, '"…"')
    : WITHHELD;
}

/** Quoted text stays only where the word before it says that it is a name. */
function hideValues(line: string): string {
  return line
    .replace(/"(?:[^"]|"")*"/g, (quoted, offset: number) =>
      isNamed(line, offset) ? quoted : '"…"',
    )
    .replace(/'(?:[^']|'')*'/g, "'…'")
    .replace(/(?<=\b(?:integer|syntax for type \w+|enum \w+|bytea|encoding \S+): ).*/, '…');
}

function isNamed(line: string, offset: number): boolean {
  return new RegExp(`\\b(?:${NAMED})s? $`).test(line.slice(0, offset));
}

/** The messages in the standard error of a libpq program, without the lines that quote rows; the last of them decide. */
export function sayOutput(output: string): string {
  const start = output.search(/^CONTEXT: /m);
  if (start >= 0 && RAISED.test(output.slice(start))) return WITHHELD;
  const context = AT_ROWS.test(output) ? 'COPY ' : '';
  const said: string[] = [];
  for (const line of output.split('\n')) {
    const match = SEVERITY.exec(line);
    const [, , severity = '', text = ''] = match ?? [];
    const isOfServer = FROM_SERVER.test(text);
    if (!isOfServer && !/^(error|fatal|panic)$/i.test(severity)) continue;
    said.push(sayMessage(stripNestedSeverity(text.replace(FROM_SERVER, '')), { context }));
  }
  return [...new Set(said)].slice(-4).join('; ');
}

/** `could not execute query: ERROR:  relation "x" does not exist` → what the server said. */
function stripNestedSeverity(text: string): string {
  return text.replace(/^.*?\b(?:ERROR|FATAL): +/, '');
}
