/**
 * The one filter on what PostgreSQL says before it leaves the process. Rows must not: DETAIL, CONTEXT, STATEMENT, LINE and QUERY
 * are dropped, and a message stays only if it is one whose quoted parts are names, never values (PostgreSQL's own wording,
 * src/backend; a function of the application may raise anything). SQLSTATE stays.
 */

const WITHHELD = 'a message that may quote rows was withheld; the server log has it';

/** Severity lines of libpq programs and the server: `pg_dump: error: ...`, `ERROR:  ...`, `psql:<stdin>:7: ERROR:  ...`. */
const SEVERITY = /^(?:(pg_\w+|psql|initdb|postgres)(?::[^ ]*)?: )?(?:(error|warning|fatal|detail|hint|ERROR|FATAL|PANIC|WARNING): +)?(.*)$/;

/** Why a COPY broke stands in a detail of pg_dump; it is one message of the server like any other. */
const FROM_SERVER = /^Error message from server: /;

/** Words after which a quoted text is the name of something. */
const NAMED =
  'relation|table|view|role|user|database|schema|function|procedure|extension|column|constraint|index|sequence|type|host|server at|publication|subscription|language|tablespace|parameter|option|snapshot|policy|trigger|collation|cast|operator|file|directory|library|for|slot|event trigger|large object|encoding|replication slot|on';

const KEPT: readonly RegExp[] = [
  /^(connection to server|could not connect|could not translate|server closed|SSL|no pg_hba\.conf entry|password authentication|Peer authentication|Ident authentication|authentication|certificate|received direct TLS|timeout expired|fe_sendauth)/,
  /^(terminating connection|the database system is|sorry, too many clients|remaining connection slots|too many connections|canceling statement|canceling authentication|lost connection|no connection to the server|another command|SSL connection|could not (send|receive) data|could not accept SSL|unexpected EOF)/,
  /^permission denied for /,
  /^must be (owner|superuser|able|member|a member)/,
  /^role ".*" (does not exist|cannot be|already exists)/,
  /^(relation|type|schema|function|extension|database|tablespace|language|collation|publication|column|constraint|index|sequence|trigger|access method|operator class|text search \w+|server|foreign-data wrapper|large object|role|parameter|event trigger|cast|view|table|policy|aggregate|conversion|statistics object|unrecognized configuration) .* (does not exist|already exists|is not|do not exist)/,
  /^(invalid snapshot identifier|snapshot|could not import|a snapshot-importing|could not serialize|deadlock detected|lock timeout|could not obtain lock|out of shared memory|out of memory|invalid memory alloc|disk full|could not (extend|write|read|open|access|fsync|create|load|resize|stat|find|determine) )/,
  /^(query failed|error message from server|could not execute query|aborting because of server version mismatch|server version|error returned by|Dumping the contents|reading|dumping|query would be affected by row-level security|unsupported version|did not find|no matching tables|input file|could not read from input file|corrupt|invalid (argument|option)|extra data|unexpected (end|section|data)|worker process|a worker process|parallel|processing)/,
  /^(duplicate key value violates unique constraint|insert or update on table|update or delete on table|null value in column|new row for relation|conflicting key value violates|check constraint|no partition of relation|could not create unique index|value too long for type|invalid input syntax for type|invalid byte sequence for encoding|invalid input value for enum|numeric field overflow|value ".*" is out of range|date\/time field value out of range|row is too big|missing data for column|extra data after last expected column|cannot )/,
  /^(extension ".*" (is not available|has no)|required extension|unrecognized configuration parameter|option |syntax error|locale|encoding|new collation|invalid locale|collation|ICU locale|data directory|initdb|database ".*" (is|has)|source database|template database|there (is|are) )/,
];

/** One message in a form that may be shown, logged and stored. */
export function sayMessage(message: string): string {
  const [firstLine = ''] = message.split('\n');
  const line = firstLine.trim();
  return KEPT.some((pattern) => pattern.test(line)) ? hideValues(line) : WITHHELD;
}

/** Quoted text stays only where the word before it says that it is a name. */
function hideValues(line: string): string {
  return line
    .replace(/"(?:[^"]|"")*"/g, (quoted, offset: number) => (isNamed(line, offset) ? quoted : '"…"'))
    .replace(/'(?:[^']|'')*'/g, "'…'")
    .replace(/(?<=\b(?:integer|syntax for type \w+|enum \w+|bytea|encoding \S+): ).*/, '…');
}

function isNamed(line: string, offset: number): boolean {
  return new RegExp(`\\b(?:${NAMED})s? $`).test(line.slice(0, offset));
}

/** The messages in the standard error of a libpq program, without the lines that quote rows; the last of them decide. */
export function sayOutput(output: string): string {
  const said: string[] = [];
  for (const line of output.split('\n')) {
    const match = SEVERITY.exec(line);
    const [, , severity = '', text = ''] = match ?? [];
    const isOfServer = FROM_SERVER.test(text);
    if (!isOfServer && !/^(error|fatal|panic)$/i.test(severity)) continue;
    said.push(sayMessage(stripNestedSeverity(text.replace(FROM_SERVER, ''))));
  }
  return [...new Set(said)].slice(-4).join('; ');
}

/** `could not execute query: ERROR:  relation "x" does not exist` → what the server said. */
function stripNestedSeverity(text: string): string {
  return text.replace(/^.*?\b(?:ERROR|FATAL): +/, '');
}
