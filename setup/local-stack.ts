import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cdkBootstrap, cdkDeploy, cdkDestroy, type Outputs } from './cdk.ts';
import { type LocalAws, startLocalAws } from './moto.ts';

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
export type { Outputs };

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
    const {
      environment = {},
      retrySeconds,
      say = () => undefined,
      log = () => undefined,
    } = options;
    const folder = await mkdtemp(join(tmpdir(), 'holdfast-local-stack-'));
    const env = {
      HOLDFAST_LOCAL_TASKS: join(folder, 'programs.json'),
      HOLDFAST_LOCAL_ENVIRONMENT: JSON.stringify(environment),
      ...(retrySeconds === undefined ? {} : { HOLDFAST_LOCAL_RETRY_SECONDS: String(retrySeconds) }),
    };
    const stack = new LocalStack(await startLocalAws(say, { env, log }), folder, options);
    await stack.setPrograms(options.programs ?? {});
    await cdkBootstrap(ACCOUNT, options.regions, { env: stack.cdkEnv, say }).catch(
      async (error: unknown) => {
        await stack.stop();
        throw error;
      },
    );
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
  deploy(env: Record<string, string> = {}): Promise<Outputs> {
    const { app, say = () => undefined } = this.#options;
    return cdkDeploy({ app, say, env: { ...this.cdkEnv, ...env } });
  }

  /** Deletes the stacks again, as far as they let themselves. @throws Error at the first that does not. */
  destroy(env: Record<string, string> = {}): Promise<void> {
    const { app, say = () => undefined } = this.#options;
    return cdkDestroy({ app, say, env: { ...this.cdkEnv, ...env } });
  }

  /** From the next task on; a name that is not in it is an image that can't be pulled. */
  async setPrograms(programs: Programs): Promise<void> {
    await writeFile(join(this.#folder, 'programs.json'), JSON.stringify(programs));
  }

  /** A VPC that is there, and one of its subnets. */
  async network(region?: string): Promise<LocalNetwork> {
    const { Subnets } = await this.call<{ Subnets: Subnet[] }>(
      'ec2',
      'DescribeSubnets',
      {},
      region,
    );
    const { VpcId = '', SubnetId = '', AvailabilityZone = '' } = Subnets[0] ?? {};
    return { vpcId: VpcId, subnetId: SubnetId, availabilityZone: AvailabilityZone };
  }

  /** Any operation of any service, by boto3's names. @throws Error with the code of AWS as its name. */
  async call<Answer>(
    service: string,
    operation: string,
    input: object = {},
    region = this.env.AWS_REGION,
  ): Promise<Answer> {
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

  /** What the CDK needs beyond that. */
  get cdkEnv(): Record<string, string> {
    return {
      ...this.env,
      // CDK makes template URLs that moto takes apart only with this host.
      AWS_ENDPOINT_URL: this.#aws.endpoint.replace('127.0.0.1', 'localhost'),
      // Images are not built: a program of this machine runs in their place.
      CDK_DOCKER: 'true',
    };
  }
}
