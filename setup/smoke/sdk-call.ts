import type { CallAws } from '../../demo/aws/deployed-stack.ts';

/** Clients of the SDK by boto3's names of services. */
const CLIENTS: Readonly<Record<string, string>> = {
  cloudformation: 'cloudformation',
  cloudtrail: 'cloudtrail',
  cloudwatch: 'cloudwatch',
  ec2: 'ec2',
  ecs: 'ecs',
  iam: 'iam',
  kms: 'kms',
  lambda: 'lambda',
  logs: 'cloudwatch-logs',
  rds: 'rds',
  s3: 's3',
  scheduler: 'scheduler',
  secretsmanager: 'secrets-manager',
  sns: 'sns',
  sqs: 'sqs',
  stepfunctions: 'sfn',
  sts: 'sts',
};

// biome-ignore lint/suspicious/noExplicitAny: any operation of any service, which the SDK types one by one
type Any = any;

export interface SdkCallOptions {
  region: string;
  /** Of AWS_ENDPOINT_URL: a stand-in, which has no host for each bucket. */
  isLocal: boolean;
}

/** Calls AWS by its SDK, with the caller's credentials; bytes and streams of the answer are text. */
export function sdkCall({ region: home, isLocal }: SdkCallOptions): CallAws {
  const clients = new Map<string, Promise<{ client: Any; commands: Any }>>();
  const clientOf = (service: string, region: string) => {
    const key = `${service}/${region}`;
    const made = clients.get(key) ?? makeClient(service, { region, isLocal });
    clients.set(key, made);
    return made;
  };
  return async <Answer>(service: string, operation: string, input: object = {}, region = home) => {
    const { client, commands } = await clientOf(service, region);
    const answer = await client.send(new commands[`${operation}Command`](input));
    for (const part of ['Payload', 'Body'])
      if (answer[part] !== undefined) answer[part] = await textOf(answer[part]);
    return answer as Answer;
  };
}

/** Calls nothing more once the signal is given; what is under way ends first, so that nothing is half made. */
export function stoppable(call: CallAws, signal: AbortSignal): CallAws {
  return async (...wish) => {
    signal.throwIfAborted();
    return call(...wish);
  };
}

async function makeClient(
  service: string,
  { region, isLocal }: SdkCallOptions,
): Promise<{ client: Any; commands: Any }> {
  const commands: Any = await import(`@aws-sdk/client-${CLIENTS[service]}`);
  const [, Client] = Object.entries(commands).find(([name]) => /^[A-Z]\w+Client$/.test(name)) as [
    string,
    Any,
  ];
  const pathStyle = service === 's3' && isLocal ? { forcePathStyle: true } : {};
  return { client: new Client({ region, maxAttempts: 8, ...pathStyle }), commands };
}

async function textOf(body: Any): Promise<string> {
  return body instanceof Uint8Array
    ? Buffer.from(body).toString('utf8')
    : body.transformToString('utf8');
}
