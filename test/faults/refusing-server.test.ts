import { afterEach, describe, expect, it } from 'vitest';
import { urlOf } from '../fixtures/database.ts';
import { expectFailure } from '../fixtures/failure.ts';
import { makeWorkspace, type Workspace } from '../fixtures/holdfast.ts';
import {
  type RefusalOptions,
  type RefusingServer,
  startRefusingServer,
} from '../fixtures/refusing-server.ts';

describe('a server that keeps the connection open and refuses', () => {
  let server: RefusingServer;
  let workspace: Workspace;

  afterEach(async () => {
    await workspace?.remove();
    await server?.stop();
  });

  const backUpFrom = async (refusal: RefusalOptions) => {
    server = await startRefusingServer(refusal);
    workspace = await makeWorkspace({ databaseUrl: urlOf(server.host, 'ward') });
    return workspace.run(['backup', '--json']);
  };

  it('every statement, as a pooler does whose server is away, ends the backup for a passing reason', async () => {
    const finished = await backUpFrom({
      refuses: 'statements',
      sqlState: '08P01',
      message: 'server login has been failing',
    });
    const { message, hint } = expectFailure(finished, { code: 'CONNECTION_FAILED', status: 75 });
    expect(message).toContain('server login has been failing (SQLSTATE 08P01)');
    expect(hint).toContain('PostgreSQL itself');
  });

  it('our first statement, as a server does that only looks like PostgreSQL, ends the backup for good', async () => {
    const finished = await backUpFrom({
      refuses: 'statements',
      sqlState: '42704',
      message: 'unknown setting',
    });
    const { message, hint } = expectFailure(finished, { code: 'CONNECTION_FAILED' });
    expect(message).toContain(`can not begin a session on ${server.host}`);
    expect(hint).toContain('PostgreSQL itself');
  });

  it('the login ends the backup', async () => {
    const finished = await backUpFrom({
      refuses: 'login',
      sqlState: '28000',
      message: 'nobody gets in',
    });
    expect(expectFailure(finished, { code: 'CONNECTION_FAILED' }).message).toContain(
      'nobody gets in',
    );
  });
});
