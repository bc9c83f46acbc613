import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { LocalStack } from '../../setup/local-stack.ts';
import { anyPostgresql } from '../../setup/postgresql.ts';
import { DeployedStack, type DeployedStackParts } from './deployed-stack.ts';
import { GuardedClinic } from './guarded-clinic.ts';
import { deployLocally, LOCAL, TASK_PROGRAM, writeLocalConfig } from './local-deployment.ts';

export interface DeployOptions {
  signal: AbortSignal;
  say: (text: string) => void;
  vitals?: number;
  /** Further parts of the config. */
  plans?: Record<string, object>;
  tasks?: object;
}

interface ClinicParts extends DeployedStackParts {
  stack: LocalStack;
  clinic: GuardedClinic;
  folder: string;
  env: Record<string, string>;
}

/** The real app, deployed by the real `cdk deploy` into a local AWS, with a clinic to back up and a pager that listens. */
export class DeployedClinic extends DeployedStack {
  readonly stack: LocalStack;
  readonly clinic: GuardedClinic;
  readonly #folder: string;
  readonly #env: Record<string, string>;

  constructor(parts: ClinicParts) {
    super(parts);
    this.stack = parts.stack;
    this.clinic = parts.clinic;
    this.#folder = parts.folder;
    this.#env = parts.env;
  }

  static async start(options: DeployOptions): Promise<DeployedClinic> {
    const tools = await anyPostgresql(options.say);
    const clinic = await GuardedClinic.start({
      tools,
      signal: options.signal,
      vitals: options.vitals ?? 2_000,
    });
    const stack = await LocalStack.start({
      regions: [LOCAL.region, LOCAL.replica],
      retrySeconds: 1,
      programs: { [LOCAL.container]: TASK_PROGRAM },
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
    await writeLocalConfig(this.#folder, {
      network: await this.stack.network(),
      databases: DATABASES,
      plans,
    });
    await this.stack.deploy(this.#env);
  }

  /** @throws Error when the runner is gone: the others are protected. */
  destroy(): Promise<void> {
    return this.stack.destroy(this.#env);
  }

  /** While `work` lasts, tasks run another program; none is an image that can't be pulled. */
  async withProgram(
    program: readonly string[] | undefined,
    work: () => Promise<void>,
  ): Promise<void> {
    await this.stack.setPrograms(program === undefined ? {} : { [LOCAL.container]: program });
    try {
      await work();
    } finally {
      await this.stack.setPrograms({ [LOCAL.container]: TASK_PROGRAM });
    }
  }

  async makeSecret(): Promise<void> {
    await makeSecret(this.stack, this.clinic);
  }

  /** Tasks log in to the clinic by another port from now on. */
  async moveTo(port: number): Promise<void> {
    const SecretString = JSON.stringify({ ...this.clinic.secret, port });
    await this.stack.call('secretsmanager', 'PutSecretValue', {
      SecretId: 'clinic/backup',
      SecretString,
    });
  }

  async stop(): Promise<void> {
    await Promise.all([
      this.stack.stop(),
      this.clinic.stop(),
      rm(this.#folder, { recursive: true, force: true }),
    ]);
  }
}

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
  await writeLocalConfig(folder, {
    network: await stack.network(),
    databases: DATABASES,
    plans: options.plans ?? PLANS,
    tasks: options.tasks,
  });
  const env = { HOLDFAST_CONFIG: join(folder, 'holdfast.yaml') };
  return new DeployedClinic({ ...(await deployLocally(stack, env)), stack, clinic, folder, env });
}

async function makeSecret(stack: LocalStack, clinic: GuardedClinic): Promise<void> {
  await stack.call('secretsmanager', 'CreateSecret', {
    Name: 'clinic/backup',
    SecretString: JSON.stringify(clinic.secret),
  });
}

/** Name of the database: login and address are in its secret. */
const DATABASES = { clinic: { secret: 'clinic/backup', region: LOCAL.region } };
const PLANS = { nightly: { schedule: '0 2 * * *', keep: '90d' } };
