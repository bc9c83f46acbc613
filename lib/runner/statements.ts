import { PolicyStatement } from 'aws-cdk-lib/aws-iam';

type Conditions = Record<string, Record<string, unknown>>;

export function allow(
  actions: string[],
  resources: string[],
  conditions?: Conditions,
): PolicyStatement {
  return new PolicyStatement({
    actions,
    resources,
    ...(conditions === undefined ? {} : { conditions }),
  });
}
