import { DefaultStackSynthesizer, Fn, Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { Installation } from './installation.ts';

export interface HoldfastStackProps {
  installation: Installation;
  part: 'Keys' | 'Replica' | 'Vault' | 'Runner';
  description: string;
  /** The vault's region unless set. */
  region?: string;
}

/** A stack with a fixed place and a fixed name. Those that hold backups, their keys and their witnesses can't be deleted by the way. */
export class HoldfastStack extends Stack {
  readonly installation: Installation;

  constructor(scope: Construct, { installation, part, description, region }: HoldfastStackProps) {
    const { account, aws, names, config } = installation;
    super(scope, names.stack(part), {
      description,
      env: { account, region: region ?? aws.region },
      tags: { 'holdfast:project': config.project },
      terminationProtection: part !== 'Runner',
      synthesizer: new DefaultStackSynthesizer({ generateBootstrapVersionRule: false }),
    });
    this.installation = installation;
  }

  /** The role by which CloudFormation acts, made by `cdk bootstrap`; nobody else can assume it. */
  get deployerArn(): string {
    return this.deployerArnIn(this.region);
  }

  /** `cdk bootstrap` makes one in each region. */
  deployerArnIn(region: string): string {
    const { cloudFormationExecutionRoleArn: here } = this.synthesizer as DefaultStackSynthesizer;
    return Fn.sub(here.replace(new RegExp(`${this.region}$`), region));
  }
}
