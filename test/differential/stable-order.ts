const AFTER_ROWS = [
  ...[
    'CONSTRAINT',
    'CHECK CONSTRAINT',
    'FK CONSTRAINT',
    'INDEX',
    'INDEX ATTACH',
    'STATISTICS',
    'RULE',
    'TRIGGER',
  ],
  ...['POLICY', 'ROW SECURITY', 'EVENT TRIGGER', 'DEFAULT ACL', 'PUBLICATION'],
  ...['PUBLICATION TABLE', 'PUBLICATION TABLES IN SCHEMA', 'SUBSCRIPTION'],
];
const HEADER = /^-- Name: .*; Type: ([A-Z ]+);/;
const COMPLETE = '-- PostgreSQL database dump complete';

/** The lines of a dump, where pg_dump leaves their order to the server or to oids. */
export function inStableOrder(lines: string[]): string[] {
  return inOrderOfNames(inOrderOfRoles(lines).map(withRolesOfPolicyInOrder));
}

/**
 * Objects of one name (rules of two tables, default privileges of two roles) come in the order of
 * their oids (`DOTypeNameCompare` in src/bin/pg_dump/pg_dump_sort.c). What is restored after the
 * rows is restored several at a time, so the oids come as it happens.
 */
function inOrderOfNames(lines: string[]): string[] {
  const ordered: string[] = [];
  let blocks: string[][] = [];
  const endRun = () => {
    blocks.sort(([a = ''], [b = '']) => (a < b ? -1 : 1));
    ordered.push(...blocks.flat());
    blocks = [];
  };
  for (const line of lines) {
    const type = HEADER.exec(line)?.[1];
    if (type !== undefined && AFTER_ROWS.includes(type)) blocks.push([line]);
    else if (blocks.length === 0) ordered.push(line);
    else if (line === COMPLETE || (type !== undefined && type !== 'COMMENT')) {
      endRun();
      ordered.push(line);
    } else blocks.at(-1)?.push(line);
  }
  endRun();
  return ordered;
}

/**
 * pg_dump asks for the roles of a policy without ORDER BY (`getPolicies` in pg_dump.c), so they too
 * come in the order of the heap.
 */
function withRolesOfPolicyInOrder(line: string): string {
  if (!line.startsWith('CREATE POLICY ')) return line;
  return line.replace(/ TO (.+?)(?= USING| WITH CHECK|;$)/, (_, roles: string) => {
    const names = roles.match(/(?:"(?:[^"]|"")*"|[^,])+/g) ?? [];
    return ` TO ${names
      .map((name) => name.trim())
      .sort()
      .join(', ')}`;
  });
}

/**
 * pg_dump reads the settings of roles in a database without ORDER BY (`dumpDatabaseConfig` in
 * src/bin/pg_dump/pg_dump.c), so the roles come in the order of the heap. The settings of one role
 * come in the order of their array, and that order is compared.
 */
function inOrderOfRoles(lines: string[]): string[] {
  const whose = (line: string) => /^ALTER ROLE .+? IN DATABASE .+? SET /.exec(line)?.[0];
  const ordered: string[] = [];
  const run = new Map<string, string[]>();
  const endRun = () => {
    const byRole = [...run].sort(([a], [b]) => (a < b ? -1 : 1));
    for (const [, own] of byRole) ordered.push(...own);
    run.clear();
  };
  for (const line of lines) {
    const role = whose(line);
    if (role !== undefined) {
      run.set(role, [...(run.get(role) ?? []), line]);
      continue;
    }
    endRun();
    ordered.push(line);
  }
  endRun();
  return ordered;
}
