import { describe, expect, it } from 'vitest';
import { databaseStatements } from '../../../engine/domain/restore/database-statements.ts';
import { splitStatements } from '../../../engine/postgres/sql-statements.ts';

const SCRIPT = `SET x = 1;
CREATE DATABASE clinic WITH TEMPLATE = template0;
ALTER DATABASE clinic OWNER TO bob;
\\connect clinic
ALTER DATABASE clinic SET work_mem TO '8MB';
ALTER DATABASE clinic SET "app.Key" TO 'secret';
ALTER DATABASE clinic CONNECTION LIMIT = 7;
ALTER DATABASE clinic IS_TEMPLATE = true;
GRANT CONNECT ON DATABASE clinic TO "re ader";
SET SESSION AUTHORIZATION carol;
GRANT CONNECT ON DATABASE clinic TO dave;
RESET SESSION AUTHORIZATION;
COMMENT ON DATABASE clinic IS 'DATABASE clinic';
SECURITY LABEL FOR dummy ON DATABASE clinic IS 'classified';
ALTER ROLE "a b" IN DATABASE clinic SET x TO 'y';
`;

describe('the statements about a database', () => {
  const found = databaseStatements(splitStatements(SCRIPT));

  it('go to the database under its new name, and no others do', () => {
    expect(found.map(({ kind, forDatabase }) => [kind, forDatabase('new "one"')])).toEqual([
      ['owner', 'ALTER DATABASE "new ""one""" OWNER TO bob'],
      ['setting', `ALTER DATABASE "new ""one""" SET work_mem TO '8MB'`],
      ['setting', `ALTER DATABASE "new ""one""" SET "app.Key" TO 'secret'`],
      ['limit', 'ALTER DATABASE "new ""one""" CONNECTION LIMIT = 7'],
      ['limit', 'ALTER DATABASE "new ""one""" IS_TEMPLATE = true'],
      ['grant', `GRANT CONNECT ON DATABASE "new ""one""" TO "re ader"`],
      ['grant', 'SET SESSION AUTHORIZATION carol'],
      ['grant', 'GRANT CONNECT ON DATABASE "new ""one""" TO dave'],
      ['grant', 'RESET SESSION AUTHORIZATION'],
      ['description', `COMMENT ON DATABASE "new ""one""" IS 'DATABASE clinic'`],
      ['description', `SECURITY LABEL FOR dummy ON DATABASE "new ""one""" IS 'classified'`],
      ['setting', `ALTER ROLE "a b" IN DATABASE "new ""one""" SET x TO 'y'`],
    ]);
  });

  it('are described without the value of a setting, which may be a secret', () => {
    expect(found.map(({ what }) => what)).toEqual([
      'owner bob',
      'setting work_mem',
      'setting "app.Key"',
      'connection limit 7',
      'is_template true',
      'GRANT CONNECT TO "re ader"',
      'SET SESSION AUTHORIZATION carol',
      'GRANT CONNECT TO dave',
      'RESET SESSION AUTHORIZATION',
      'comment',
      'security label',
      'setting x of role "a b" in it',
    ]);
  });
});
