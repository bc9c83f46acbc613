/** The region that an ARN names; undefined for what is none. */
export function regionOfArn(text: string): string | undefined {
  return /^arn:[\w-]+:[\w-]+:([a-z0-9-]+):/.exec(text)?.[1];
}

/** The region in the name of an RDS endpoint: `name.id.eu-central-1.rds.amazonaws.com`, in China `name.rds.cn-north-1.amazonaws.com.cn`. */
export function regionOfHost(host: string): string | undefined {
  const match =
    /\.([a-z0-9-]+)\.rds\.amazonaws\.com(?:\.cn)?$/i.exec(host) ??
    /\.rds\.([a-z0-9-]+)\.amazonaws\.com(?:\.cn)?$/i.exec(host);
  return match?.[1]?.toLowerCase();
}

/** What the environment says; undefined where the profile of the AWS SDK has to. */
export function regionOfEnvironment(
  env: Readonly<Record<string, string | undefined>>,
): string | undefined {
  return env.AWS_REGION || env.AWS_DEFAULT_REGION || undefined;
}

/** `aws`, `aws-cn` or `aws-us-gov`. */
export function partitionOf(region: string): string {
  if (region.startsWith('cn-')) return 'aws-cn';
  return region.startsWith('us-gov-') ? 'aws-us-gov' : 'aws';
}
