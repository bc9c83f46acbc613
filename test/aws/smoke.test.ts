import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { GuardedClinic } from '../../demo/aws/guarded-clinic.ts';
import { LOCAL, TASK_PROGRAM } from '../../demo/aws/local-deployment.ts';
import { LocalStack } from '../../setup/local-stack.ts';
import { anyPostgresql } from '../../setup/postgresql.ts';
import { PROOFS, rowsToProve } from '../../setup/smoke/ledger.ts';
import { ROOT } from '../fixtures/document.ts';
import { startProgram } from '../fixtures/holdfast.ts';

const LONG = 600_000;
const ACCOUNT = '123456789012';

describe('npm run smoke:aws, in a local AWS', () => {
  let clinic: GuardedClinic;
  let stack: LocalStack;

  beforeAll(async () => {
    const tools = await anyPostgresql(() => undefined);
    clinic = await GuardedClinic.start({
      tools,
      signal: new AbortController().signal,
      vitals: 500,
    });
    stack = await LocalStack.start({
      regions: [LOCAL.region, LOCAL.replica],
      retrySeconds: 1,
      programs: { [LOCAL.container]: TASK_PROGRAM },
      environment: { HOLDFAST_POSTGRES_BIN: dirname(join(tools.directory, 'pg_dump')) },
    });
    const SecretString = JSON.stringify(clinic.secret);
    await stack.call('secretsmanager', 'CreateSecret', { Name: 'clinic/backup', SecretString });
  }, LONG);
  afterAll(() => Promise.all([stack?.stop(), clinic?.stop()]));

  const begin = (env: Record<string, string>) => {
    const { PATH = '', TMPDIR = '/tmp', HOME = '/root' } = process.env;
    return startProgram([join(ROOT, 'setup/smoke/main.ts')], {
      cwd: ROOT,
      env: { PATH, TMPDIR, HOME, ...stack.cdkEnv, ...env },
    });
  };
  const smoke = (env: Record<string, string>) => begin(env).finished;

  it.each<[string, Record<string, string>]>([
    ['no account', {}],
    ['another account', { HOLDFAST_SMOKE_ACCOUNT: '210987654321' }],
  ])('makes nothing when HOLDFAST_SMOKE_ACCOUNT names %s', async (_what, env) => {
    const { status, stderr, stdout } = await smoke(env);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toContain(`HOLDFAST_SMOKE_ACCOUNT=${ACCOUNT}`);
    const { Buckets } = await stack.call<{ Buckets: { Name: string }[] }>('s3', 'ListBuckets');
    expect(Buckets.filter(({ Name }) => Name.includes('smoke'))).toEqual([]);
  });

  it(
    'goes through every line of docs/NOT-YET-PROVEN.md, finds nothing wrong, and leaves what it says that it leaves',
    async () => {
      const { status, stdout, stderr } = await smoke({
        HOLDFAST_SMOKE_ACCOUNT: ACCOUNT,
        HOLDFAST_SMOKE_DATABASE_SECRET: 'clinic/backup',
      });
      expect(status, `${stdout}\n${stderr}`).toBe(0);
      expect(stdout).toContain(' 0 not proven');
      for (const row of await rowsToProve()) expect(stdout).toContain(row);
      for (const { about, notLocal } of PROOFS.filter(({ about }) =>
        about.startsWith('beyond the list: '),
      ))
        if (notLocal === undefined)
          expect(stdout).toContain(`proven      ${about.replace('beyond the list: ', '')}`);
      const { Buckets } = await stack.call<{ Buckets: { Name: string }[] }>('s3', 'ListBuckets');
      expect(Buckets.filter(({ Name }) => Name.includes('smoke'))).toEqual([]);
      const { keys } = await leftKeys();
      expect(new Set(keys)).toEqual(new Set(['PendingDeletion']));
      expect(await rolesOfStacks()).toEqual([]);
      const stays = stdout.slice(stdout.indexOf('What stays:')).trim().split('\n').slice(1);
      expect(stays).toEqual([
        expect.stringMatching(/\d KMS keys/),
        ...['Touched', 'KeyUsed', 'ContentRead', 'ContentCopied'].map((rule) =>
          expect.stringMatching(`EventBridge rule Smoke\\S+Replica-${rule}\\S+ in eu-west-1`),
        ),
        expect.stringMatching(/CDKToolkit/),
      ]);
    },
    LONG,
  );

  it(
    'ends with the CDK that it began, and takes back the database that it had made, when it is interrupted',
    async () => {
      const running = begin({ HOLDFAST_SMOKE_ACCOUNT: ACCOUNT });
      await running.said('cdk deploy --all');
      const { DBInstances } = await stack.call<{ DBInstances: object[] }>(
        'rds',
        'DescribeDBInstances',
      );
      expect(DBInstances).toHaveLength(1);
      running.child.kill('SIGINT');
      const { status, stderr, stdout } = await running.finished;
      expect({ status, stderr }).toEqual({ status: 2, stderr: 'ended by SIGINT\n' });
      expect(stdout.slice(stdout.indexOf('What stays:'))).toMatch(
        /^What stays:\S*\s+the stacks CDKToolkit.*\n$/,
      );
      expect(await stack.call('rds', 'DescribeDBInstances')).toMatchObject({ DBInstances: [] });
      const { SecretList } = await stack.call<{ SecretList: { Name: string }[] }>(
        'secretsmanager',
        'ListSecrets',
      );
      expect(SecretList.map(({ Name }) => Name)).toEqual(['clinic/backup']);
      const Filters = [{ Name: 'group-name', Values: ['smoke-*'] }];
      expect(await stack.call('ec2', 'DescribeSecurityGroups', { Filters })).toMatchObject({
        SecurityGroups: [],
      });
      const { Stacks } = await stack.call<{ Stacks: { StackName: string }[] }>(
        'cloudformation',
        'DescribeStacks',
      );
      expect(Stacks.map(({ StackName }) => StackName)).toEqual(['CDKToolkit']);
    },
    LONG,
  );

  /** Roles that CloudFormation named after a stack of the smoke test, or that lib/names.ts named. */
  async function rolesOfStacks(): Promise<string[]> {
    const { Roles } = await stack.call<{ Roles: { RoleName: string }[] }>('iam', 'ListRoles');
    return Roles.map(({ RoleName }) => RoleName).filter((name) => /smoke/i.test(name));
  }

  /** States of the keys that the deployments made. */
  async function leftKeys(): Promise<{ keys: string[] }> {
    const { Keys } = await stack.call<{ Keys: { KeyId: string }[] }>('kms', 'ListKeys');
    const described = Keys.map(({ KeyId }) =>
      stack.call<{ KeyMetadata: { KeyState: string; Description: string } }>('kms', 'DescribeKey', {
        KeyId,
      }),
    );
    const smoked = (await Promise.all(described)).filter(({ KeyMetadata }) =>
      /smoke-/.test(KeyMetadata.Description),
    );
    return { keys: smoked.map(({ KeyMetadata }) => KeyMetadata.KeyState) };
  }
});
