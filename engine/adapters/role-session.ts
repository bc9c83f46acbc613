import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts';
import { clientOptions, type ServiceOptions } from './aws-client-options.ts';
import type { CredentialSource } from './aws-identity.ts';
import { serviceFailure } from './service-failure.ts';

export interface RoleSessionOptions extends Pick<ServiceOptions, 'requestTimeoutMs'> {
  /** ARN of the role. */
  role: string;
  /** What CloudTrail calls whoever uses the session. */
  name: string;
  /** JSON: what the session may, as far as the role may. */
  policy: string;
  env: NodeJS.ProcessEnv;
}

/** As long as AWS lets the role of a task be another one. Clients ask for the next session before one ends. */
const SESSION_SECONDS = 3600;

/** Credentials of another role for less than it may; each call is a new session. @throws HoldfastError ACCESS_DENIED, CREDENTIALS, SERVICE_FAILED. */
export function roleSession({
  role,
  name,
  policy,
  env,
  requestTimeoutMs,
}: RoleSessionOptions): CredentialSource {
  const sts = new STSClient(clientOptions(env, { service: 'STS', requestTimeoutMs }));
  const request = {
    RoleArn: role,
    RoleSessionName: name,
    Policy: policy,
    DurationSeconds: SESSION_SECONDS,
  };
  return async () => {
    const { Credentials } = await sts
      .send(new AssumeRoleCommand(request))
      .catch((error: unknown) => {
        throw serviceFailure(error, { action: 'sts:AssumeRole', what: role });
      });
    const {
      AccessKeyId = '',
      SecretAccessKey = '',
      SessionToken = '',
      Expiration,
    } = Credentials ?? {};
    return {
      accessKeyId: AccessKeyId,
      secretAccessKey: SecretAccessKey,
      sessionToken: SessionToken,
      ...(Expiration === undefined ? {} : { expiration: Expiration }),
    };
  };
}
