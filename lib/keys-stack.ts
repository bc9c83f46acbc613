import { CfnOutput, RemovalPolicy } from 'aws-cdk-lib';
import { Key } from 'aws-cdk-lib/aws-kms';
import type { Construct } from 'constructs';
import { BreakGlassRole } from './break-glass-role.ts';
import { HoldfastStack } from './holdfast-stack.ts';
import type { Installation } from './installation.ts';
import { copyStatements, keyPolicy, serviceStatements } from './key-policy.ts';

/** The two keys: one wraps what every set is encrypted with, before it leaves the task; the other is of the store's own encryption. */
export class KeysStack extends HoldfastStack {
  readonly envelopeKey: Key;
  readonly sseKey: Key;

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
    if (installation.aws.breakGlassRole === undefined) new BreakGlassRole(this, { installation });
    new CfnOutput(this, KeysStack.envelopeKeyOutput, { value: this.envelopeKey.keyArn });
  }

  /** Read by the stack of the other region. */
  static readonly envelopeKeyOutput = 'EnvelopeKeyArn';

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
