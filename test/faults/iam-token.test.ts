import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { auditRecords } from '../fixtures/aftermath.ts';
import { writeConfig } from '../fixtures/config.ts';
import { expectFailure } from '../fixtures/failure.ts';
import { type GuardedServer, startGuardedServer } from '../fixtures/guarded-server.ts';
import { makeWorkspace, type Workspace } from '../fixtures/holdfast.ts';
import { startTokenAuthority, type TokenAuthority } from '../fixtures/token-authority.ts';

const KEYS = {
  AWS_ACCESS_KEY_ID: 'AKIAWARDSEVEN',
  AWS_SECRET_ACCESS_KEY: 'the secret key of ward seven',
  AWS_REGION: 'eu-central-1',
};
/** Shorter than the pause in the midst of a run; longer than a login takes on a busy machine. */
const LIFETIME_SECONDS = 8;

describe('a login with IAM tokens', () => {
  let authority: TokenAuthority;
  let server: GuardedServer;
  let workspace: Workspace;

  beforeAll(async () => {
    authority = await startTokenAuthority({
      secretAccessKey: KEYS.AWS_SECRET_ACCESS_KEY,
      lifetimeSeconds: LIFETIME_SECONDS,
    });
    server = await startGuardedServer({
      overTcp: `ldap ldapserver=127.0.0.1 ldapport=${authority.port} ldapprefix="uid="`,
    });
    await server.query('CREATE ROLE keeper LOGIN SUPERUSER');
    await server.query('CREATE DATABASE ward');
    await server.query('CREATE TABLE notes (id int); INSERT INTO notes VALUES (1), (2)', 'ward');
    workspace = await makeWorkspace({ env: KEYS });
    await withToken();
  });

  afterAll(async () => {
    await workspace?.remove();
    await server?.stop();
    authority?.stop();
  });

  async function withToken(more: object = {}): Promise<void> {
    const address = {
      iam: true,
      host: 'localhost',
      port: server.port,
      user: 'keeper',
      database: 'ward',
      sslrootcert: server.authority,
    };
    await writeConfig(workspace, { databases: { ward: { ...address, ...more } } });
  }

  it('is let in by whoever checks the signature, place, user and region, and shows no token', async () => {
    const shown = authority.tokens.length;
    const running = workspace.start(['backup', '--json']);
    const finished = await running.finished;
    expect(finished, finished.stderr).toMatchObject({ status: 0 });
    const fresh = authority.tokens.slice(shown);
    expect(fresh.length).toBeGreaterThan(5);
    for (const token of fresh) {
      expect(token.host).toBe(`localhost:${server.port}`);
      const { searchParams } = token;
      expect(Object.fromEntries(searchParams)).toMatchObject({
        Action: 'connect',
        DBUser: 'keeper',
        'X-Amz-Expires': '900',
      });
      expect(searchParams.get('X-Amz-Credential')).toContain('AKIAWARDSEVEN/');
      expect(searchParams.get('X-Amz-Credential')).toContain('/eu-central-1/rds-db/aws4_request');
    }
    for (const text of [
      finished.stdout,
      finished.stderr,
      JSON.stringify(await auditRecords(workspace)),
    ]) {
      expect(text).not.toContain('X-Amz-Signature');
      expect(text).not.toContain(KEYS.AWS_SECRET_ACCESS_KEY);
    }
  });

  it('goes on in a run that is longer than a token lives', async () => {
    const migration = server.query(
      `BEGIN; LOCK TABLE notes IN ACCESS EXCLUSIVE MODE; SELECT pg_sleep(${LIFETIME_SECONDS + 4}); COMMIT`,
      'ward',
    );
    await vi.waitFor(
      async () =>
        expect(
          await server.query("SELECT FROM pg_locks WHERE mode = 'AccessExclusiveLock'", 'ward'),
        ).not.toHaveLength(0),
      { timeout: 20_000, interval: 50 },
    );
    const shown = authority.tokens.length;
    const finished = await workspace.run(['backup', '--json']);
    await migration;
    expect(finished, finished.stderr).toMatchObject({ status: 0 });
    expect(secondsBetween(authority.tokens.slice(shown))).toBeGreaterThan(LIFETIME_SECONDS);
  });

  it('is tried with another token when the first is refused', async () => {
    authority.refuse(1);
    const shown = authority.tokens.length;
    const finished = await workspace.run(['backup', '--json']);
    expect(finished, finished.stderr).toMatchObject({ status: 0 });
    const [first, second] = authority.tokens
      .slice(shown)
      .map(({ searchParams }) => searchParams.get('X-Amz-Signature'));
    expect(second).not.toBe(first);
  });

  it('that stays refused fails the run, says what RDS asks for, and shows no token', async () => {
    authority.refuse(100);
    const finished = await workspace.run(['backup', '--json']);
    authority.refuse(0);
    expect(expectFailure(finished, { code: 'CONNECTION_FAILED' }).hint).toContain('rds_iam');
    expect(finished.stderr).not.toContain('X-Amz');
  });

  it.each([
    ['sslmode says so', { sslmode: 'disable' }],
    ['sslmode leaves it open', { sslmode: 'prefer' }],
    ['it goes through a socket', { host: '/run/postgresql', sslrootcert: undefined }],
  ])('is refused where it would pass a network in clear: %s', async (_what, more) => {
    await withToken(more);
    const { message } = expectFailure(await workspace.run(['backup', '--json']), {
      code: 'CONFIG_INVALID',
      status: 2,
    });
    expect(message).toContain('IAM authentication needs TLS');
    await withToken();
  });

  it('fails where there are no AWS credentials, and says what to set', async () => {
    const none = {
      AWS_ACCESS_KEY_ID: '',
      AWS_SECRET_ACCESS_KEY: '',
      AWS_CONFIG_FILE: '/nonexistent',
      AWS_EC2_METADATA_DISABLED: 'true',
    };
    expectFailure(
      await workspace.run(['backup', '--json'], {
        ...none,
        AWS_SHARED_CREDENTIALS_FILE: '/nonexistent',
      }),
      {
        code: 'CREDENTIALS',
      },
    );
  });
});

/** Between the first and the last of them, as they were signed. */
function secondsBetween(tokens: readonly URL[]): number {
  const times = tokens.map(({ searchParams }) =>
    (searchParams.get('X-Amz-Date') ?? '').replace(
      /(\d{4})(\d\d)(\d\dT\d\d)(\d\d)(\d\dZ)/,
      '$1-$2-$3:$4:$5',
    ),
  );
  return (Math.max(...times.map(Date.parse)) - Math.min(...times.map(Date.parse))) / 1000;
}
