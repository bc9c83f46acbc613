import { describe, expect, it } from 'vitest';
import { statementsFor } from '../../engine/operations/database-properties.ts';
import { splitStatements } from '../../engine/postgres/sql-statements.ts';

describe('the statements of pg_dumpall', () => {
  it('are split at semicolons outside of quotes, without comments and psql lines', () => {
    const sql = `--\n-- roles; here\n--\n\\restrict abc\n\nCREATE ROLE "a;b";\nALTER ROLE x SET y TO 'c;d''e';\n\nCOMMENT ON ROLE x IS 'it''s -- no comment\n\\still no command';\n\\unrestrict abc\n`;
    expect(splitStatements(sql)).toEqual([
      'CREATE ROLE "a;b"',
      "ALTER ROLE x SET y TO 'c;d''e'",
      "COMMENT ON ROLE x IS 'it''s -- no comment\n\\still no command'",
    ]);
  });
});

describe('the statements about a database', () => {
  it('go to the database under its new name, and no others do', () => {
    const script = `SET x = 1;\nCREATE DATABASE clinic WITH TEMPLATE = template0;\nALTER DATABASE clinic OWNER TO bob;\n\\connect clinic\nALTER DATABASE clinic SET work_mem TO '8MB';\nGRANT CONNECT ON DATABASE clinic TO "re ader";\nCOMMENT ON DATABASE clinic IS 'DATABASE clinic';\nALTER ROLE "a b" IN DATABASE clinic SET x TO 'y';\n`;
    expect(statementsFor(script, 'new "one"')).toEqual([
      'ALTER DATABASE "new ""one""" OWNER TO bob',
      `ALTER DATABASE "new ""one""" SET work_mem TO '8MB'`,
      `GRANT CONNECT ON DATABASE "new ""one""" TO "re ader"`,
      `COMMENT ON DATABASE "new ""one""" IS 'DATABASE clinic'`,
      `ALTER ROLE "a b" IN DATABASE "new ""one""" SET x TO 'y'`,
    ]);
  });
});
