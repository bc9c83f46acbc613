/**
 * Splits the output of pg_dumpall into statements: quotes, quoted identifiers and comments are respected, psql's own lines
 * (\restrict) are passed over. Dollar quotes do not occur there.
 */
export function splitStatements(sql: string): string[] {
  const token = /--[^\n]*|(?<=^|\n)\\[^\n]*|'(?:[^']|'')*'|"(?:[^"]|"")*"|;|[^-'";\\]+|[-\\]/gs;
  const statements: string[] = [];
  let current = '';
  for (const [part] of sql.matchAll(token)) {
    if (part.startsWith('--') || (part.startsWith('\\') && part.length > 1)) continue;
    if (part === ';') {
      statements.push(current.trim());
      current = '';
    } else current += part;
  }
  return statements.filter((statement) => statement !== '');
}
