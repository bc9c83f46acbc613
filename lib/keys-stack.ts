import { CfnOutput, RemovalPolicy } from 'aws-cdk-lib';
import { Key, KeySpec, KeyUsage } from 'aws-cdk-lib/aws-kms';
import type { Construct } from 'constructs';
import { BreakGlassRole } from './break-glass-role.ts';
import { HoldfastStack } from './holdfast-stack.ts';
import { type Installation, roleArn } from './installation.ts';
import { copyStatements, keyPolicy, serviceStatements, signerStatements } from './key-policy.ts';
import type { SigningKeys } from './vault/evidence-access.ts';

/**
 * The keys: one wraps what every set is encrypted with, before it leaves the task; one is of the store's own encryption; two
 * sign, the ledger and evidence.
 */
export class KeysStack extends HoldfastStack {
  readonly envelopeKey: Key;
  readonly sseKey: Key;
  readonly signingKeys: SigningKeys;

  constructor(scope: Construct, { installation }: { installation: Installation }) {
    super(scope, {
      installation,
      part: 'Keys',
      description: `Holdfast ${installation.config.project}: keys`,
    });
    const { project } = installation.config;
    this.envelopeKey = this.#key('Envelope', {
      alias: installation.names.envelopeAlias,
      description: `Holdfast ${project}: wraps the data keys of backup sets`,
      multiRegion: true,
      policy: keyPolicy(this, copyStatements(this)),
    });
    this.sseKey = this.#key('Sse', {
      alias: installation.names.sseAlias,
      description: `Holdfast ${project}: server-side encryption of vault, trail and logs`,
      multiRegion: false,
      policy: keyPolicy(this, serviceStatements(this)),
    });
    this.signingKeys = this.#signingKeys();
    if (installation.aws.breakGlassRole === undefined) new BreakGlassRole(this, { installation });
    new CfnOutput(this, KeysStack.envelopeKeyOutput, { value: this.envelopeKey.keyArn });
  }

  /** Read by the stack of the other region. */
  static readonly envelopeKeyOutput = 'EnvelopeKeyArn';

  /** Who may sign is known by name, since those roles are of a stack that comes later. */
  #signingKeys(): SigningKeys {
    const { names, config } = this.installation;
    return {
      ledger: this.#signingKey('Ledger', {
        alias: names.ledgerAlias,
        description: `Holdfast ${config.project}: signs the ledger of the audit records`,
        signers: [names.of('seal-ledger')],
      }),
      evidence: this.#signingKey('Evidence', {
        alias: names.evidenceAlias,
        description: `Holdfast ${config.project}: signs monthly reports and receipts of drills`,
        signers: [names.of('report'), names.resource('drill')],
      }),
    };
  }

  /** KMS rotates no asymmetric key (AWS KMS Developer Guide, "Rotate AWS KMS keys"). */
  #signingKey(
    id: string,
    { alias, description, signers }: { alias: string; description: string; signers: string[] },
  ): Key {
    const arns = signers.map((name) => roleArn(this.installation, name));
    const key = new Key(this, id, {
      description,
      keySpec: KeySpec.ECC_NIST_P256,
      keyUsage: KeyUsage.SIGN_VERIFY,
      policy: keyPolicy(this, signerStatements(arns)),
      removalPolicy: RemovalPolicy.RETAIN,
    });
    key.addAlias(alias).applyRemovalPolicy(RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE);
    return key;
  }

  #key(
    id: string,
    {
      alias,
      ...props
    }: {
      alias: string;
      description: string;
      multiRegion: boolean;
      policy: ReturnType<typeof keyPolicy>;
    },
  ): Key {
    const key = new Key(this, id, {
      ...props,
      enableKeyRotation: true,
      removalPolicy: RemovalPolicy.RETAIN,
    });
    key.addAlias(alias).applyRemovalPolicy(RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE);
    return key;
  }
}
