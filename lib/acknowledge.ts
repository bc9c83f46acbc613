import { Stack, Validations } from 'aws-cdk-lib';
import type { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IConstruct } from 'constructs';

/** Accepts findings of cdk-nag on one construct and below, with the reason that its report then shows. */
export function acknowledge(construct: IConstruct, ids: readonly string[], reason: string): void {
  for (const id of ids)
    Validations.of(construct).acknowledge({ id: `${packOf(id)}::${id}`, reason });
}

/** Accepts that the ARNs of a policy end in a star, each of them by name. No star in an action is ever accepted. */
export function acknowledgeWildcards(
  construct: IConstruct,
  { statements, reason }: { statements: readonly PolicyStatement[]; reason: string },
): void {
  const resources = new Set(
    statements
      .flatMap((statement) => statement.resources)
      .filter((resource) => resource.includes('*')),
  );
  acknowledge(
    construct,
    [...resources].map(
      (resource) => `AwsSolutions-IAM5[Resource::${flat(Stack.of(construct).resolve(resource))}]`,
    ),
    reason,
  );
}

function packOf(id: string): string {
  return id.startsWith('HIPAA') ? 'HIPAA.Security' : 'AwsSolutions';
}

/** As cdk-nag writes a reference down: `<AWS::Partition>`, `<Bucket.Arn>`. */
function flat(value: unknown): string {
  if (typeof value === 'string') return value;
  const { Ref, 'Fn::Join': join, 'Fn::GetAtt': attribute } = value as Reference;
  if (Ref !== undefined) return `<${Ref}>`;
  if (attribute !== undefined) return `<${attribute.join('.')}>`;
  if (join !== undefined) return join[1].map(flat).join(join[0]);
  return JSON.stringify(value);
}

interface Reference {
  Ref?: string;
  'Fn::GetAtt'?: string[];
  'Fn::Join'?: [string, unknown[]];
}
