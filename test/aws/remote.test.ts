import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DeployedClinic } from '../../demo/aws/deployed-clinic.ts';
import { writeConfig } from '../fixtures/config.ts';
import { readDocument, sectionOf } from '../fixtures/document.ts';
import { makeWorkspace, type Workspace } from '../fixtures/holdfast.ts';
import { compareWithPromise, promisedFields } from '../fixtures/promised-fields.ts';

const LONG = 300_000;

// One story: a second try of one part would begin in the midst of it.
describe('holdfast remote, in a stack deployed by cdk deploy into a local AWS', {
  retry: 0,
}, () => {
  let deployed: DeployedClinic;
  let workspace: Workspace;
  let id: string;

  beforeAll(async () => {
    deployed = await DeployedClinic.start({
      signal: new AbortController().signal,
      say: () => undefined,
    });
    workspace = await makeWorkspace({ env: deployed.env });
  }, LONG);
  afterAll(() => Promise.all([workspace?.remove(), deployed?.stop()]));

  const remote = (...args: string[]) => workspace.run(['remote', ...args, '--json']);
  /** A command of this machine, with the config of the stack. */
  const show = async (set: string) => (await workspace.run(['show', set, '--json'])).json();
  const linesOf = (stderr: string) =>
    stderr
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { type: string; phase?: string });

  it(
    'backs up in a task, with the progress and the result of the local command',
    async () => {
      const { status, stderr, json } = await remote(
        'backup',
        'clinic',
        '--plan',
        'nightly',
        '--label',
        'by hand',
      );
      expect({ status, stderr }).toMatchObject({ status: 0 });
      expect(
        compareWithPromise(
          json(),
          promisedFields(sectionOf(await readDocument('docs/SCRIPTING.md'), '### backup')),
        ).complaints,
      ).toEqual([]);
      ({ id } = json<{ id: string }>());
      expect((await deployed.objectsOf('nightly')).some((key) => key.includes(`/${id}/`))).toBe(
        true,
      );
      expect(linesOf(stderr).map(({ phase }) => phase)).toContain('dump');
      expect(await show(id)).toMatchObject({ state: 'STORED', manifest: { label: 'by hand' } });
      const audit = await workspace.run(['audit', '--json']);
      expect(audit.json<{ records: object[] }>().records.at(-1)).toMatchObject({
        operation: 'backup',
        initiatedBy: { requestedBy: expect.stringMatching(/^arn:aws:(iam|sts)::\d{12}:/) },
      });
    },
    LONG,
  );

  it(
    'drills and verifies the set that is named',
    async () => {
      expect(await remote('verify', id)).toMatchObject({ status: 0 });
      expect(await show(id)).toMatchObject({ state: 'CHECKED' });
      const drilled = await remote('drill', '--backup', id, '--tester', 'Dr. Who');
      expect(drilled, drilled.stderr).toMatchObject({ status: 0 });
      expect(drilled.json()).toMatchObject({ backup: { id } });
      expect(await show(id)).toMatchObject({ state: 'PROVEN' });
    },
    LONG,
  );

  it(
    'says what people are told where no JSON is asked for',
    async () => {
      const say = async (...args: string[]) => workspace.run(['remote', ...args]);
      expect(await say('verify', 'clinic/latest', '--size', 'small')).toMatchObject({
        status: 0,
        stdout: expect.stringMatching(new RegExp(`^${id} .*read back`)),
      });
      expect(await say('check')).toMatchObject({
        status: 0,
        stdout: expect.stringMatching(/^OK: 1 fresh/),
      });
      const drilled = await say('drill', 'clinic');
      expect(drilled).toMatchObject({
        status: 0,
        stdout: expect.stringMatching(/Result: PASS[\s\S]*the report is cloud\/drills\//),
      });
      expect(await say('backup')).toMatchObject({
        status: 0,
        stdout: expect.stringContaining('holdfast remote drill --backup'),
      });
    },
    LONG,
  );

  it(
    'checks the vault, and exits as the check did',
    async () => {
      const { status, json } = await remote('check');
      expect({ status, found: json() }).toMatchObject({
        status: 0,
        found: { status: 'ok', findings: [{ verdict: 'fresh' }] },
      });
    },
    LONG,
  );

  it(
    'fails as the task failed, with its code and its exit status',
    async () => {
      const missing = await remote('verify', '20200101T000000Z-0000');
      expect({
        status: missing.status,
        stdout: missing.stdout,
        error: missing.error(),
      }).toMatchObject({
        status: 2,
        stdout: '',
        error: { code: 'SET_NOT_FOUND', exitStatus: 2 },
      });
      await deployed.stack.call('secretsmanager', 'DeleteSecret', {
        SecretId: 'clinic/backup',
        ForceDeleteWithoutRecovery: true,
      });
      const { status, error } = await remote('backup');
      expect(error().exitStatus).toBe(status);
      expect(error().message).toContain('clinic/backup');
      await deployed.makeSecret();
    },
    LONG,
  );

  it(
    'takes an exit status of its own from a task that skipped or may be tried again',
    async () => {
      const line = {
        type: 'error',
        code: 'ALREADY_RUNNING',
        message: 'it runs',
        hint: null,
        retryable: false,
        exitStatus: 3,
      };
      await deployed.withProgram(
        ['sh', '-c', `echo '${JSON.stringify(line)}'; exit 3`],
        async () => {
          const { status, error } = await remote('backup');
          expect({ status, error: error() }).toEqual({ status: 3, error: line });
        },
      );
      const passing = { ...line, code: 'CONNECTION_FAILED', retryable: true, exitStatus: 75 };
      await deployed.withProgram(
        ['sh', '-c', `echo '${JSON.stringify(passing)}'; exit 75`],
        async () => {
          expect(await remote('backup')).toMatchObject({ status: 75 });
        },
      );
    },
    LONG,
  );

  it(
    'says why a task never started, and that one was killed',
    async () => {
      await deployed.withProgram(undefined, async () => {
        const { status, error } = await remote('backup');
        expect({ status, error: error() }).toMatchObject({
          status: 1,
          error: {
            code: 'TASK_NOT_STARTED',
            message: expect.stringContaining('CannotPullContainerError'),
          },
        });
      });
      await deployed.withProgram(['sh', '-c', 'exit 137'], async () => {
        const { status, error } = await remote('backup');
        expect({ status, error: error() }).toMatchObject({
          status: 1,
          error: { code: 'TASK_KILLED' },
        });
      });
    },
    LONG,
  );

  it(
    'only stops following when it is interrupted: the task goes on to its end',
    async () => {
      const line = JSON.stringify({ type: 'progress', phase: 'slowly' });
      await deployed.withProgram(['sh', '-c', `echo '${line}'; sleep 8`], async () => {
        const running = workspace.start(['remote', 'backup', '--json']);
        await running.said('slowly');
        running.child.kill('SIGINT');
        const { status, error } = await running.finished;
        expect({ status, error: error() }).toMatchObject({
          status: 75,
          error: {
            code: 'INTERRUPTED',
            hint: expect.stringMatching(
              /goes on.*aws logs tail \S+ --log-stream-names backup\/holdfast\/[\w-]+ --follow --region eu-central-1/,
            ),
          },
        });
        const [, cluster = '', task = ''] =
          /--cluster (\S+) --task (\S+)/.exec(error().hint ?? '') ?? [];
        const exitCode = async () => {
          const { tasks } = await deployed.stack.call<{
            tasks: { containers: { exitCode?: number }[] }[];
          }>('ecs', 'DescribeTasks', {
            cluster,
            tasks: [task],
          });
          return tasks[0]?.containers[0]?.exitCode;
        };
        expect(await exitCode()).toBeUndefined();
        await expect.poll(exitCode, { timeout: 60_000 }).toBe(0);
      });
    },
    LONG,
  );

  it('restores nothing into what the config does not know', async () => {
    const { status, error } = await remote(
      'restore',
      id,
      '--to',
      'postgresql://me:secret@elsewhere/db',
    );
    expect({ status, error: error() }).toMatchObject({ status: 2, error: { code: 'USAGE' } });
    expect(JSON.stringify(error())).not.toContain('secret@');
  });

  describe('restore', () => {
    const makeTarget = async (name: string) => {
      await deployed.clinic.query(`CREATE DATABASE ${name} OWNER restorer`, 'postgres');
      return makeSecret({ ...deployed.clinic.secret, username: 'restorer', dbname: name });
    };
    const makeSecret = async (login: object) => {
      const Name = `clinic/${randomBytes(4).toString('hex')}`;
      const wish = { Name, SecretString: JSON.stringify(login) };
      return (await deployed.stack.call<{ ARN: string }>('secretsmanager', 'CreateSecret', wish))
        .ARN;
    };
    const contentsOf = async (database: string) => {
      const tables = await deployed.clinic.query(
        "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace",
        database,
      );
      const names = tables.map(({ relname }) => String(relname)).toSorted();
      return Promise.all(
        names.map(async (name) => {
          const digest = `SELECT count(*)::int AS rows, md5(string_agg(t::text, E'\\n' ORDER BY t::text)) AS digest FROM ONLY "${name}" t`;
          return { name, ...(await deployed.clinic.query(digest, database))[0] };
        }),
      );
    };

    beforeAll(async () => {
      const [{ owner } = {}] = await deployed.clinic.query(
        'SELECT quote_ident(current_user) AS owner',
      );
      await deployed.clinic.query(
        `CREATE ROLE restorer LOGIN PASSWORD '${deployed.clinic.password}' IN ROLE ${owner}`,
        'postgres',
      );
    });

    it(
      'says what it would do',
      async () => {
        const target = await makeTarget('clinic_tried');
        const finished = await remote('restore', id, '--to', target, '--dry-run');
        expect(finished, finished.stderr).toMatchObject({ status: 0 });
        expect(finished.json()).toMatchObject({ set: id, isDryRun: true });
      },
      LONG,
    );

    it(
      'refuses beforehand what the login of backups may not do',
      async () => {
        const options = ['--to', 'clinic', '--overwrite', 'clinic', '--dry-run'];
        const { status, error } = await remote('restore', id, ...options);
        expect({ status, error: error() }).toMatchObject({
          status: 1,
          error: { code: 'PRIVILEGE_MISSING', exitStatus: 1 },
        });
      },
      LONG,
    );

    it(
      'puts every row into another database, which the config does not know',
      async () => {
        const target = await makeTarget('clinic_copy');
        const finished = await remote('restore', id, '--to', target);
        expect(finished, finished.stderr).toMatchObject({ status: 0 });
        const fields = promisedFields(
          sectionOf(await readDocument('docs/SCRIPTING.md'), '### restore'),
        );
        expect(compareWithPromise(finished.json(), fields).complaints).toEqual([]);
        const contents = await contentsOf('clinic_copy');
        expect(contents).toEqual(await contentsOf('clinic'));
        expect(
          contents.reduce((sum, table) => sum + Number('rows' in table ? table.rows : 0), 0),
        ).toBeGreaterThan(2_000);
        const again = await remote('restore', id, '--to', target);
        expect({ status: again.status, error: again.error() }).toMatchObject({
          status: 1,
          error: {
            code: 'TARGET_NOT_EMPTY',
            message: 'database clinic_copy is not empty',
            exitStatus: 1,
          },
        });
        expect(await contentsOf('clinic_copy')).toEqual(contents);
      },
      LONG,
    );

    it(
      'drills on a named server, with the login of restores, and leaves no database there',
      async () => {
        await deployed.clinic.query('ALTER ROLE restorer CREATEDB', 'postgres');
        const target = await makeTarget('clinic_on');
        const on = ['--on', target, '--tester', 'Dr. Who'];
        const finished = await remote('drill', '--backup', id, ...on);
        expect(finished, finished.stderr).toMatchObject({ status: 0 });
        expect(finished.json()).toMatchObject({ backup: { id }, result: 'PASS' });
        const left = "SELECT datname FROM pg_database WHERE datname LIKE 'holdfast\\_drill%'";
        expect(await deployed.clinic.query(left, 'postgres')).toEqual([]);
        const audit = await workspace.run(['audit', '--json']);
        expect(audit.json<{ records: object[] }>().records.at(-1)).toMatchObject({
          operation: 'drill',
          status: 'success',
        });
      },
      LONG,
    );

    it(
      'refuses a database that the config protects, by whatever secret it is reached',
      async () => {
        const before = await contentsOf('clinic');
        const { status, error } = await remote(
          'restore',
          id,
          '--to',
          await makeSecret(deployed.clinic.secret),
        );
        expect({ status, error: error() }).toMatchObject({
          status: 1,
          error: { code: 'TARGET_PROTECTED', exitStatus: 1 },
        });
        expect(await contentsOf('clinic')).toEqual(before);
      },
      LONG,
    );
  });

  it('sends a test to both topics, and says who has not confirmed', async () => {
    await deployed.pages();
    const tested = await remote('test-alert');
    const fields = promisedFields(sectionOf(await readDocument('docs/SCRIPTING.md'), '### remote'));
    expect(compareWithPromise(tested.json(), fields).complaints).toEqual([]);
    const [page, ...more] = await deployed.pages();
    expect(more).toEqual([]);
    expect(page).toMatchObject({ subject: '[holdfast clinic] CRITICAL TEST: nothing is wrong' });
    expect(tested.json()).toMatchObject({
      topics: [
        {
          topic: 'critical',
          isPublished: true,
          subscribers: expect.arrayContaining([
            expect.objectContaining({ protocol: 'sqs', isConfirmed: true }),
          ]),
        },
        { topic: 'warning', isPublished: true },
      ],
    });
  });

  it('fails a test of alerts that nobody would hear', async () => {
    const { Subscriptions } = await deployed.stack.call<{
      Subscriptions: { Protocol: string; SubscriptionArn: string }[];
    }>('sns', 'ListSubscriptionsByTopic', {
      TopicArn: deployed.outputs.ClinicRunner?.WarningTopic,
    });
    for (const { SubscriptionArn } of Subscriptions)
      await deployed.stack.call('sns', 'Unsubscribe', { SubscriptionArn });
    const { status, json } = await remote('test-alert');
    expect({ status, tested: json() }).toMatchObject({
      status: 1,
      tested: {
        isWell: false,
        topics: [
          { topic: 'critical' },
          { topic: 'warning', problem: 'nobody is subscribed', subscribers: [] },
        ],
      },
    });
  });

  it('is refused without a stack in the config', async () => {
    await writeConfig(workspace, {
      databases: { clinic: { url: 'postgresql://me@localhost/clinic' } },
    });
    const { status, error } = await workspace.run(['remote', 'backup', '--json'], {
      HOLDFAST_CONFIG: 'holdfast.yaml',
    });
    expect({ status, error: error() }).toMatchObject({
      status: 2,
      error: { code: 'USAGE', hint: expect.stringContaining('--config') },
    });
  });

  it('starts nothing with the credentials of another account or project', async () => {
    const { HOLDFAST_CONFIG = '' } = deployed.env;
    const config = JSON.parse(await readFile(HOLDFAST_CONFIG, 'utf8')) as {
      project: string;
      aws: object;
    };
    const failWith = async (parts: object) => {
      await writeFile(
        join(workspace.folder, 'other.yaml'),
        JSON.stringify({ ...config, ...parts }),
      );
      return (await remote('check', '--config', 'other.yaml')).error();
    };
    expect(await failWith({ aws: { ...config.aws, account: '210987654321' } })).toMatchObject({
      code: 'CREDENTIALS',
    });
    expect(await failWith({ project: 'ward' })).toMatchObject({
      code: 'SERVICE_FAILED',
      message: expect.stringContaining('holdfast-ward-run'),
    });
  });
});
