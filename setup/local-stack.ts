import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { type LocalAws, startLocalAws } from './moto.ts';

const run = promisify(execFile);

const ROOT = join(import.meta.dirname, '..');
const CDK = join(ROOT, 'node_modules/aws-cdk/bin/cdk');
const ACCOUNT = '123456789012';

export interface LocalStackOptions {
  /** Regions to bootstrap. */
  regions: readonly string[];
  /** The CDK app, a TypeScript file; the one of cdk.json unless named. */
  app?: string;
  /** What stands for the entry point of a container that CDK builds, by its name, or of an image in a registry, by the image's. */
  programs?: Programs;
  /** What every task and Lambda function finds in its environment besides its own. */
  environment?: Record<string, string>;
  /** A retry or a Wait state of a state machine waits no longer, in seconds. */
  retrySeconds?: number;
  say?: (text: string) => void;
  log?: (line: string) => void;
}

export type Programs = Record<string, readonly string[]>;
export type Outputs = Record<string, Record<string, string>>;

export interface LocalNetwork {
  vpcId: string;
  subnetId: string;
  availabilityZone: string;
}

interface Subnet {
  VpcId: string;
  SubnetId: string;
  AvailabilityZone: string;
}

/** A local AWS of one's own that CDK has bootstrapped, in which `cdk deploy` deploys, machines run and tasks are processes. */
export class LocalStack {
  readonly #aws: LocalAws;
  readonly #folder: string;
  readonly #options: LocalStackOptions;

  private constructor(aws: LocalAws, folder: string, options: LocalStackOptions) {
    this.#aws = aws;
    this.#folder = folder;
    this.#options = options;
  }

  static async start(options: LocalStackOptions): Promise<LocalStack> {
    const { environment = {}, retrySeconds, say = () => undefined, log = () => undefined } = options;
    const folder = await mkdtemp(join(tmpdir(), 'holdfast-local-stack-'));
    const env = {
      HOLDFAST_LOCAL_TASKS: join(folder, 'programs.json'),
      HOLDFAST_LOCAL_ENVIRONMENT: JSON.stringify(environment),
      ...(retrySeconds === undefined ? {} : { HOLDFAST_LOCAL_RETRY_SECONDS: String(retrySeconds) }),
    };
    const stack = new LocalStack(await startLocalAws(say, { env, log }), folder, options);
    await stack.setPrograms(options.programs ?? {});
    await stack.#bootstrap().catch(async (error: unknown) => {
      await stack.stop();
      throw error;
    });
    return stack;
  }

  get endpoint(): string {
    return this.#aws.endpoint;
  }

  /** What a process needs to find this AWS by an SDK. */
  get env(): Record<string, string> {
    return {
      AWS_ENDPOINT_URL: this.#aws.endpoint,
      AWS_ACCESS_KEY_ID: 'testing',
      AWS_SECRET_ACCESS_KEY: 'testing',
      AWS_REGION: this.#options.regions[0] ?? 'us-east-1',
      AWS_EC2_METADATA_DISABLED: 'true',
    };
  }

  /** Deploys all stacks of the app as they are with these variables; again, it updates them. @returns the outputs of each stack. */
  async deploy(env: Record<string, string> = {}): Promise<Outputs> {
    const outputs = join(this.#folder, 'outputs.json');
    await this.#cdk(['deploy', '--all', '--require-approval', 'never', '--progress', 'events', '--outputs-file', outputs], env);
    return JSON.parse(await readFile(outputs, 'utf8'));
  }

  /** From the next task on; a name that is not in it is an image that can't be pulled. */
  async setPrograms(programs: Programs): Promise<void> {
    await writeFile(join(this.#folder, 'programs.json'), JSON.stringify(programs));
  }

  /** A VPC that is there, and one of its subnets. */
  async network(region?: string): Promise<LocalNetwork> {
    const { Subnets } = await this.call<{ Subnets: Subnet[] }>('ec2', 'DescribeSubnets', {}, region);
    const { VpcId = '', SubnetId = '', AvailabilityZone = '' } = Subnets[0] ?? {};
    return { vpcId: VpcId, subnetId: SubnetId, availabilityZone: AvailabilityZone };
  }

  /** Any operation of any service, by boto3's names. @throws Error with the code of AWS as its name. */
  async call<Answer>(service: string, operation: string, input: object = {}, region = this.env.AWS_REGION): Promise<Answer> {
    const body = JSON.stringify({ service, operation, region, input });
    const response = await fetch(`${this.#aws.endpoint}/local-aws/call`, { method: 'POST', body });
    const answer = (await response.json()) as Answer & { message: string; code: string };
    if (response.ok) return answer;
    throw Object.assign(new Error(answer.message), { name: answer.code });
  }

  async stop(): Promise<void> {
    await this.#aws.stop();
    await rm(this.#folder, { recursive: true, force: true });
  }

  async #bootstrap(): Promise<void> {
    await Promise.all(this.#options.regions.map((region) => this.#cdk(['bootstrap', `aws://${ACCOUNT}/${region}`], {})));
  }

  async #cdk(args: readonly string[], env: Record<string, string>): Promise<void> {
    const { app, say = () => undefined } = this.#options;
    const chosen = app === undefined || args[0] === 'bootstrap' ? [] : ['--app', `node ${app}`];
    const output = ['--output', join(this.#folder, `cdk-${args.at(-1)?.replaceAll(/\W/g, '-')}`)];
    const place = {
      ...process.env,
      ...this.env,
      // CDK makes template URLs that moto takes apart only with this host.
      AWS_ENDPOINT_URL: this.#aws.endpoint.replace('127.0.0.1', 'localhost'),
      // Images are not built: a program of this machine runs in their place.
      CDK_DOCKER: 'true',
      PATH: `${dirname(process.execPath)}:${process.env.PATH}`,
      CDK_DISABLE_CLI_TELEMETRY: 'true',
      CI: '1',
    };
    const options = { cwd: args[0] === 'bootstrap' ? this.#folder : ROOT, env: { ...place, ...env }, maxBuffer: 1 << 26 };
    try {
      const { stdout } = await run(process.execPath, [CDK, ...args, ...chosen, ...output, '--no-notices'], options);
      say(stdout);
    } catch (error) {
      const { stdout, stderr } = error as { stdout: string; stderr: string };
      throw new Error(`cdk ${args[0]} failed:\n${stdout}\n${stderr}`);
    }
  }
}
