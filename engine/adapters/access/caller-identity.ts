import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { clientOptions, type ServiceOptions } from '../aws-client-options.ts';
import { serviceFailure } from '../service-failure.ts';

export interface CallerIdentity {
  account: string;
  /** Of the user or of the session of a role. */
  arn: string;
}

export interface CallerOptions extends Pick<ServiceOptions, 'requestTimeoutMs' | 'region'> {
  env: NodeJS.ProcessEnv;
}

/** Whose credentials these are; no permission is needed to ask. @throws HoldfastError CREDENTIALS, SERVICE_FAILED. */
export async function callerIdentity({ env, ...options }: CallerOptions): Promise<CallerIdentity> {
  const sts = new STSClient(clientOptions(env, { service: 'STS', ...options }));
  const { Account = '', Arn = '' } = await sts
    .send(new GetCallerIdentityCommand({}))
    .catch((error: unknown) => {
      throw serviceFailure(error, { action: 'sts:GetCallerIdentity', what: 'the caller' });
    });
  return { account: Account, arn: Arn };
}
