import { Effect, type IRole, ManagedPolicy, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { acknowledgeWildcards } from '../acknowledge.ts';
import { bucketArn, type Installation } from '../installation.ts';

export interface VaultStatementsProps {
  installation: Installation;
  region: string;
  sseKey: IKey;
}

/** What the grants of all roles are made of: actions on the bucket and on objects of the vault. */
export class VaultStatements {
  readonly #bucket: string;
  readonly #objects: string;
  readonly #props: VaultStatementsProps;

  constructor(props: VaultStatementsProps) {
    this.#props = props;
    const { installation } = props;
    this.#bucket = bucketArn(installation, installation.names.vaultBucket);
    this.#objects = `${this.#bucket}/${installation.vaultPrefix}`;
  }

  /** A managed policy of this id for one role. */
  grant(role: IRole, { id, statements }: { id: string; statements: PolicyStatement[] }): void {
    const policy = new ManagedPolicy(role, id, { statements, roles: [role] });
    acknowledgeWildcards(policy, {
      statements,
      reason: 'Ids of sets and names of records are made at run time; each prefix is named.',
    });
  }

  onBucket(actions: string[]): PolicyStatement {
    return new PolicyStatement({ actions, resources: [this.#bucket] });
  }

  onObjects(actions: string[], keys: readonly string[], effect = Effect.ALLOW): PolicyStatement {
    return new PolicyStatement({
      effect,
      actions,
      resources: keys.map((key) => this.#objects + key),
    });
  }

  /** What S3 does with its own key on behalf of the role. */
  storeEncryption(actions: string[]): PolicyStatement {
    const { sseKey, region } = this.#props;
    const StringEquals = { 'kms:ViaService': `s3.${region}.amazonaws.com` };
    return new PolicyStatement({
      actions,
      resources: [sseKey.keyArn],
      conditions: { StringEquals },
    });
  }
}
