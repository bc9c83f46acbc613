import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { type DatabaseSecret, parseDatabaseSecret } from '../domain/database-secret.ts';
import type { Login, LoginSource } from '../ports/login.ts';
import { endpointIn } from './aws-endpoint.ts';
import { makeHandler } from './aws-http-handler.ts';
import { identityOf } from './aws-identity.ts';
import { loginFailure } from './login-failure.ts';

export interface SecretLoginOptions {
  /** ARN or name. */
  secret: string;
  /** Undefined where the SDK's own profile knows it. */
  region: string | undefined;
  /** Who logs in, where it is not whom the secret names. */
  user?: string | undefined;
  env: NodeJS.ProcessEnv;
  /** Milliseconds until a request is answered, and that an answer may stand still. */
  requestTimeoutMs?: number | undefined;
}

const ATTEMPTS = 4;
const CONNECTION_TIMEOUT_MS = 5_000;
const REQUEST_TIMEOUT_MS = 10_000;

/** A login in AWS Secrets Manager, asked for anew each time, so that a rotation is no failure. */
export class SecretLogin implements LoginSource {
  readonly hint: string;
  readonly #secret: string;
  readonly #user: string | undefined;
  readonly #client: SecretsManagerClient;

  constructor(options: SecretLoginOptions) {
    const { secret, region, user, env, requestTimeoutMs = REQUEST_TIMEOUT_MS } = options;
    this.#secret = secret;
    this.#user = user;
    this.hint = `Check that secret ${secret} holds the role's password of now, and that a rotation did not stop halfway.`;
    const endpoint = endpointIn(env, 'SECRETS_MANAGER');
    this.#client = new SecretsManagerClient({
      ...(region === undefined ? {} : { region }),
      ...(endpoint === undefined ? {} : { endpoint }),
      ...identityOf(env),
      maxAttempts: ATTEMPTS,
      requestHandler: makeHandler(env, {
        connectionTimeout: CONNECTION_TIMEOUT_MS,
        requestTimeout: requestTimeoutMs,
      }),
    });
  }

  /** One request. @throws HoldfastError as every login does. */
  async read(): Promise<DatabaseSecret> {
    const question = { what: `secret ${this.#secret}`, action: 'secretsmanager:GetSecretValue' };
    const { SecretString, SecretBinary } = await this.#client
      .send(new GetSecretValueCommand({ SecretId: this.#secret }))
      .catch((error) => {
        throw loginFailure(error, question);
      });
    return parseDatabaseSecret(SecretString ?? Buffer.from(SecretBinary ?? []).toString('utf8'), {
      name: this.#secret,
    });
  }

  async current(): Promise<Login> {
    const { user, password } = await this.read();
    return { user: this.#user ?? user, password };
  }
}
