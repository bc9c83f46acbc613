import { describe, expect, it } from 'vitest';
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
