import { Duration } from 'aws-cdk-lib';
import type { EventPattern } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { Installation } from '../installation.ts';
import { contentCopies, contentReads, keyUses, readRule } from '../reads.ts';

export interface ReadRulesProps {
  installation: Installation;
  /** In the region of the vault. */
  envelopeKeyArn: string;
  tellAccess: IFunction;
  deadLetters: Queue;
}

/**
 * Reads of sets by anybody but our readers, in the vault and in the replica. A function tells them, not the rule itself: who copies ten
 * thousand objects would send ten thousand messages, and the one that matters would be lost among them.
 */
export class ReadRules extends Construct {
  readonly #props: ReadRulesProps;

  constructor(scope: Construct, id: string, props: ReadRulesProps) {
    super(scope, id);
    this.#props = props;
    const { installation, envelopeKeyArn } = props;
    const { aws, names } = installation;
    const hasReplica = aws.replica !== 'none';
    const buckets = [names.vaultBucket, ...(hasReplica ? [names.replicaBucket] : [])];
    this.#tell('ContentRead', contentReads(installation, buckets));
    this.#tell('ContentCopied', contentCopies(installation, buckets));
    this.#tell('KeyUsed', inRegion(aws.region, keyUses(installation, [envelopeKeyArn])));
    if (aws.replica !== 'none')
      this.#tell('ReplicaKeyUsed', inRegion(aws.replica.region, keyUses(installation)));
  }

  #tell(id: string, eventPattern: EventPattern): void {
    const { tellAccess, deadLetters } = this.#props;
    const target = new LambdaFunction(tellAccess, {
      deadLetterQueue: deadLetters,
      maxEventAge: Duration.hours(6),
      retryAttempts: 60,
    });
    readRule(this, id, { eventPattern, targets: [target] });
  }
}

/** Of the other region comes only what its own rule passes on, which names the key there (lib/forwarded-touches.ts). */
function inRegion(region: string, pattern: EventPattern): EventPattern {
  return { ...pattern, region: [region] };
}
