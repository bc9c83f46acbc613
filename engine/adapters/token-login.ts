import { Signer } from '@aws-sdk/rds-signer';
import { Secret } from '../domain/secret.ts';
import type { Login, LoginSource } from '../ports/login.ts';
import { identityOf } from './aws-identity.ts';
import { loginFailure } from './login-failure.ts';

export interface TokenLoginOptions {
  /** The endpoint itself: RDS takes no token that was made for another name of it. */
  host: string;
  port: number;
  user: string;
  /** Undefined where the SDK's own profile knows it. */
  region: string | undefined;
  env: NodeJS.ProcessEnv;
}

/** An IAM authentication token of RDS: a signature of ours that is good for 15 minutes, made anew for each login. */
export class TokenLogin implements LoginSource {
  readonly hint: string;
  readonly #user: string;
  readonly #what: string;
  readonly #signer: Signer;

  constructor({ host, port, user, region, env }: TokenLoginOptions) {
    this.#user = user;
    this.#what = `token for ${user}@${host}`;
    this.hint = `Check that IAM authentication is on for the instance, that the host is its own endpoint, that role ${user} has rds_iam (GRANT rds_iam TO ${user};), that the AWS role has rds-db:connect for it, and this machine's clock.`;
    this.#signer = new Signer({
      hostname: host,
      port,
      username: user,
      ...identityOf(env),
      ...(region === undefined ? {} : { region }),
    });
  }

  async current(): Promise<Login> {
    const token = await this.#signer.getAuthToken().catch((error: unknown) => {
      throw loginFailure(error, { what: this.#what, action: 'rds-db:connect' });
    });
    return { user: this.#user, password: new Secret(token) };
  }
}
