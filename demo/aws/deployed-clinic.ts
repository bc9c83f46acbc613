import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { LocalStack, type Outputs } from '../../setup/local-stack.ts';
import { anyPostgresql } from '../../setup/postgresql.ts';
import { GuardedClinic } from './guarded-clinic.ts';

const ROOT = join(import.meta.dirname, '../..');
const REGION = 'eu-central-1';
const REPLICA = 'eu-west-1';
const BUCKET = 'clinic-vault';
/** Name of the container that the stack builds. */
const CONTAINER = 'holdfast';

export interface DeployOptions {
  signal: AbortSignal;
  say: (text: string) => void;
  vitals?: number;
  /** Further parts of the config. */
  plans?: Record<string, object>;
}

export interface Execution {
  status: string;
  output: unknown;
  error: string | undefined;
}

/** The real app, deployed by the real `cdk deploy` into a local AWS, with a clinic to back up and a pager that listens. */
export class DeployedClinic {
  readonly stack: LocalStack;
  readonly clinic: GuardedClinic;
  readonly outputs: Outputs;
  readonly #folder: string;
  readonly #pager: string;
  readonly #env: Record<string, string>;

  constructor(parts: {
    stack: LocalStack;
    clinic: GuardedClinic;
    outputs: Outputs;
    folder: string;
    pager: string;
    env: Record<string, string>;
  }) {
    this.stack = parts.stack;
    this.clinic = parts.clinic;
    this.outputs = parts.outputs;
    this.#folder = parts.folder;
    this.#pager = parts.pager;
    this.#env = parts.env;
  }

  static async start(options: DeployOptions): Promise<DeployedClinic> {
    const tools = await anyPostgresql(options.say);
    const clinic = await GuardedClinic.start({ tools, signal: options.signal, vitals: options.vitals ?? 2_000 });
    const stack = await LocalStack.start({
      regions: [REGION, REPLICA],
      retrySeconds: 1,
      programs: { [CONTAINER]: TASK },
      environment: { HOLDFAST_POSTGRES_BIN: dirname(join(tools.directory, 'pg_dump')) },
      say: options.say,
    });
    try {
      return await deployClinic({ stack, clinic, options });
    } catch (error) {
      await Promise.all([stack.stop(), clinic.stop()]);
      throw error;
    }
  }

  /** Of a command line that works in this stack. */
  get env(): Record<string, string> {
    return { ...this.stack.env, ...this.#env };
  }

  /** Deploys again: what changed in the config reaches the living stack. */
  async deploy(plans: Record<string, object>): Promise<void> {
    await writeConfig(this.#folder, { network: await this.stack.network(), plans });
    await this.stack.deploy(this.#env);
  }

  /** What Scheduler would do at that time. */
  async comesTime(plan: string, scheduledFor = new Date()): Promise<string> {
    const time = `${scheduledFor.toISOString().slice(0, 19)}Z`;
    const { execution } = await this.invoke<{ execution: string }>('start-run', { plan, scheduledFor: time });
    return execution;
  }

  /** A function of the stack, by the name of its file in lambdas/. @throws Error when it fails. */
  async invoke<Answer>(name: string, event: object): Promise<Answer> {
    const FunctionName = `holdfast-clinic-${name}`;
    const { FunctionError, Payload } = await this.stack.call<{ FunctionError?: string; Payload: string }>('lambda', 'Invoke', {
      FunctionName,
      Payload: JSON.stringify(event),
    });
    if (FunctionError !== undefined) throw new Error(`${name} failed: ${Payload}`);
    return JSON.parse(Payload) as Answer;
  }

  /** How a run ended, once it has. */
  async ended(execution: string, machine: 'RunMachine' | 'DrillMachine' = 'RunMachine'): Promise<Execution> {
    const executionArn = `${this.#output(machine).replace(':stateMachine:', ':execution:')}:${execution}`;
    for (;;) {
      const found = await this.stack.call<{ status: string; output?: string; error?: string }>('stepfunctions', 'DescribeExecution', {
        executionArn,
      });
      if (found.status !== 'RUNNING')
        return { status: found.status, output: found.output === undefined ? undefined : JSON.parse(found.output), error: found.error };
      await sleep(200);
    }
  }

  /** While `work` lasts, tasks run another program; none is an image that can't be pulled. */
  async withProgram(program: readonly string[] | undefined, work: () => Promise<void>): Promise<void> {
    await this.stack.setPrograms(program === undefined ? {} : { [CONTAINER]: program });
    try {
      await work();
    } finally {
      await this.stack.setPrograms({ [CONTAINER]: TASK });
    }
  }

  async makeSecret(): Promise<void> {
    await makeSecret(this.stack, this.clinic);
  }

  /** Keys in the vault, without the prefix of the set's plan and database. */
  async objectsOf(plan: string): Promise<string[]> {
    const { Contents = [] } = await this.stack.call<{ Contents?: { Key: string }[] }>('s3', 'ListObjectsV2', {
      Bucket: BUCKET,
      Prefix: `${plan}/`,
    });
    return Contents.map(({ Key }) => Key);
  }

  /** What the pager got since it was looked at last: whole messages, as they came. */
  async pages(): Promise<{ subject: string; text: string }[]> {
    const wish = { QueueUrl: this.#pager, MaxNumberOfMessages: 10 };
    const { Messages = [] } = await this.stack.call<{ Messages?: { Body: string; ReceiptHandle: string }[] }>(
      'sqs',
      'ReceiveMessage',
      wish,
    );
    for (const { ReceiptHandle } of Messages) await this.stack.call('sqs', 'DeleteMessage', { QueueUrl: this.#pager, ReceiptHandle });
    return Messages.map(({ Body }) => {
      const { Subject = '', Message } = JSON.parse(Body) as { Subject?: string; Message: string };
      return { subject: Subject, text: Message };
    });
  }

  async stop(): Promise<void> {
    await Promise.all([this.stack.stop(), this.clinic.stop(), rm(this.#folder, { recursive: true, force: true })]);
  }

  #output(name: string): string {
    return this.outputs.ClinicRunner?.[name] ?? '';
  }
}

const TASK = [process.execPath, '--max-semi-space-size=1', '--initial-old-space-size=64', join(ROOT, 'task/main.ts')];

async function deployClinic({
  stack,
  clinic,
  options,
}: {
  stack: LocalStack;
  clinic: GuardedClinic;
  options: DeployOptions;
}): Promise<DeployedClinic> {
  await makeSecret(stack, clinic);
  const folder = await mkdtemp(join(tmpdir(), 'hf-deployed-'));
  await writeConfig(folder, { network: await stack.network(), plans: options.plans ?? PLANS });
  const env = { HOLDFAST_CONFIG: join(folder, 'holdfast.yaml') };
  const outputs = await stack.deploy(env);
  const pager = await subscribePager(stack, outputs.ClinicRunner?.CriticalTopic ?? '');
  return new DeployedClinic({ stack, clinic, outputs, folder, pager, env });
}

async function makeSecret(stack: LocalStack, clinic: GuardedClinic): Promise<void> {
  await stack.call('secretsmanager', 'CreateSecret', { Name: 'clinic/backup', SecretString: JSON.stringify(clinic.secret) });
}

const PLANS = { nightly: { schedule: '0 2 * * *', keep: '90d' } };

interface ConfigParts {
  network: { vpcId: string; subnetId: string; availabilityZone: string };
  plans: Record<string, object>;
}

/** JSON is YAML too. */
async function writeConfig(folder: string, { network, plans }: ConfigParts): Promise<void> {
  const { vpcId, subnetId, availabilityZone } = network;
  const config = {
    project: 'clinic',
    databases: { clinic: { secret: 'clinic/backup', region: REGION } },
    repositories: { cloud: { bucket: BUCKET, region: REGION } },
    plans,
    aws: {
      account: '123456789012',
      region: REGION,
      repository: 'cloud',
      replica: { region: REPLICA },
      network: { vpcId, subnetIds: [subnetId], availabilityZones: [availabilityZone], isPublic: true },
      alerts: { critical: { email: ['oncall@example.org'] }, warning: { email: ['team@example.org'] } },
    },
  };
  await writeFile(join(folder, 'holdfast.yaml'), JSON.stringify(config));
}

/** The URL of a queue that stands for somebody's pager. */
async function subscribePager(stack: LocalStack, TopicArn: string): Promise<string> {
  const { QueueUrl } = await stack.call<{ QueueUrl: string }>('sqs', 'CreateQueue', { QueueName: 'pager' });
  await stack.call('sns', 'Subscribe', { TopicArn, Protocol: 'sqs', Endpoint: `arn:aws:sqs:${REGION}:123456789012:pager` });
  return QueueUrl;
}
