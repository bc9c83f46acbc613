import { setTimeout as sleep } from 'node:timers/promises';
import type { Outputs } from '../../setup/local-stack.ts';

/** An operation of a service of AWS, by boto3's names. @throws Error with the code of AWS as its name. */
export type CallAws = <Answer>(
  service: string,
  operation: string,
  input?: object,
  region?: string,
) => Promise<Answer>;

export interface Execution {
  status: string;
  output: unknown;
  error: string | undefined;
}

type Machine = 'RunMachine' | 'DrillMachine' | 'RereadMachine';

export interface DeployedStackParts {
  call: CallAws;
  project: string;
  bucket: string;
  /** Of `cdk deploy`, by stack. */
  outputs: Outputs;
  /** URL of a queue that hears the critical topic. */
  pager: string;
  /** How often a run is looked at. */
  pollMs?: number;
}

/** What a deployed stack does when its times come, and what is seen of it from outside. */
export class DeployedStack {
  readonly outputs: Outputs;
  readonly bucket: string;
  readonly #parts: DeployedStackParts;

  constructor(parts: DeployedStackParts) {
    this.outputs = parts.outputs;
    this.bucket = parts.bucket;
    this.#parts = parts;
  }

  /** What Scheduler would do at that time. */
  async comesTime(plan: string, scheduledFor = new Date()): Promise<string> {
    const { execution } = await this.invoke<{ execution: string }>('start-run', {
      plan,
      scheduledFor: timeOf(scheduledFor),
    });
    return execution;
  }

  /** And when the drills are due. */
  async comesTimeOfDrills(scheduledFor = new Date()): Promise<string> {
    const order = { operation: 'drill', scheduledFor: timeOf(scheduledFor) };
    return (await this.invoke<{ execution: string }>('start-run', order)).execution;
  }

  /** And when old sets are to be read again: the executions that begin then. */
  async comesTimeOfRereads(
    scheduledFor = new Date(),
  ): Promise<{ execution: string; isNew: boolean; sets: number }[]> {
    const order = { operation: 'reread', scheduledFor: timeOf(scheduledFor) };
    return (await this.invoke<{ executions: [] }>('start-run', order)).executions;
  }

  /** A function of the stack, by the name of its file in lambdas/. @throws Error when it fails. */
  async invoke<Answer>(name: string, event: object): Promise<Answer> {
    const wish = {
      FunctionName: `holdfast-${this.#parts.project}-${name}`,
      Payload: JSON.stringify(event),
    };
    const { FunctionError, Payload } = await this.#call<{
      FunctionError?: string;
      Payload: string;
    }>('lambda', 'Invoke', wish);
    if (FunctionError !== undefined) throw new Error(`${name} failed: ${Payload}`);
    return JSON.parse(Payload) as Answer;
  }

  /** How a run ended, once it has. */
  async ended(execution: string, machine: Machine = 'RunMachine'): Promise<Execution> {
    const executionArn = this.executionArn(execution, machine);
    for (;;) {
      const found = await this.#call<{ status: string; output?: string; error?: string }>(
        'stepfunctions',
        'DescribeExecution',
        {
          executionArn,
        },
      );
      if (found.status !== 'RUNNING')
        return {
          status: found.status,
          output: found.output === undefined ? undefined : JSON.parse(found.output),
          error: found.error,
        };
      await sleep(this.#parts.pollMs ?? 200);
    }
  }

  executionArn(execution: string, machine: Machine = 'RunMachine'): string {
    return `${this.output(machine).replace(':stateMachine:', ':execution:')}:${execution}`;
  }

  /** Keys in the vault below the prefix of a plan. */
  async objectsOf(plan: string): Promise<string[]> {
    const keys: string[] = [];
    for (let ContinuationToken: string | undefined; ; ) {
      const wish = { Bucket: this.bucket, Prefix: `${plan}/`, ContinuationToken };
      const page = await this.#call<{
        Contents?: { Key: string }[];
        NextContinuationToken?: string;
      }>('s3', 'ListObjectsV2', wish);
      keys.push(...(page.Contents ?? []).map(({ Key }) => Key));
      ContinuationToken = page.NextContinuationToken;
      if (ContinuationToken === undefined) return keys;
    }
  }

  /** What the pager, or another queue of a topic, got since it was looked at last: whole messages, as they came. */
  async pages(QueueUrl = this.#parts.pager): Promise<{ subject: string; text: string }[]> {
    const wish = { QueueUrl, MaxNumberOfMessages: 10 };
    const { Messages = [] } = await this.#call<{
      Messages?: { Body: string; ReceiptHandle: string }[];
    }>('sqs', 'ReceiveMessage', wish);
    for (const { ReceiptHandle } of Messages)
      await this.#call('sqs', 'DeleteMessage', { QueueUrl, ReceiptHandle });
    return Messages.map(({ Body }) => {
      const { Subject = '', Message } = JSON.parse(Body) as { Subject?: string; Message: string };
      return { subject: Subject, text: Message };
    });
  }

  /** An output of the stack of the runner. */
  output(name: string): string {
    const [runner] = Object.entries(this.outputs).flatMap(([stack, all]) =>
      stack.endsWith('Runner') ? [all] : [],
    );
    return runner?.[name] ?? '';
  }

  get #call(): CallAws {
    return this.#parts.call;
  }
}

function timeOf(at: Date): string {
  return `${at.toISOString().slice(0, 19)}Z`;
}
