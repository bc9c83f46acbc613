/** A table as SQL names it. */
export interface TableName {
  schema: string;
  name: string;
}

/** `"schema"."name"`, always quoted: safe in SQL, and a literal pattern for pg_dump's --table. */
export function quoteTable({ schema, name }: TableName): string {
  return `${quoteIdentifier(schema)}.${quoteIdentifier(name)}`;
}

export function quoteIdentifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** At most so many bytes of a name, never half a character: PostgreSQL cuts names at 63 bytes, and what we append must stay. */
export function cutName(name: string, { bytes }: { bytes: number }): string {
  const cut = new TextDecoder().decode(new TextEncoder().encode(name).subarray(0, bytes));
  return cut === name ? name : cut.replace(/\uFFFD$/, '');
}

/** For people: quoted only where it has to be. */
export function showTable({ schema, name }: TableName): string {
  const show = (part: string) => (/^[a-z_][a-z0-9_]*$/.test(part) ? part : quoteIdentifier(part));
  return schema === 'public' ? show(name) : `${show(schema)}.${show(name)}`;
}

/**
 * What a person typed as a table: `name` or `schema.name`, each part quoted or not. Case is kept: who looks the table up decides.
 * @returns the schema only where it was given; undefined when the text is not well-formed.
 */
export function parseTableName(text: string): { schema?: string; name: string } | undefined {
  const part = `(?:"((?:[^"]|"")+)"|([^".]+))`;
  const match = new RegExp(`^${part}(?:\\.${part})?$`, 's').exec(text);
  if (match === null) return undefined;
  const [, quoted1, plain1, quoted2, plain2] = match;
  const first = unquote(quoted1, plain1);
  const second = unquote(quoted2, plain2);
  if (first === undefined) return undefined;
  return second === undefined ? { name: first } : { schema: first, name: second };
}

function unquote(quoted: string | undefined, plain: string | undefined): string | undefined {
  return quoted?.replaceAll('""', '"') ?? plain;
}
