import type { AddressConfig } from '../config/database-schema.ts';
import { partitionOf } from './aws-region.ts';

/** What IAM takes: 6,144 characters a managed policy without white space, less what stands around a list of ARNs. */
const LETTERS_OF_ARNS = 6144 - 144;
/** A role takes ten policies, of which restores have four for all else. */
export const MOST_SECRET_POLICIES = 6;

/** As long as any other. */
const ANY_ACCOUNT = '000000000000';

export interface SecretHome {
  partition: string;
  account: string;
  /** Of secrets that name no region themselves. */
  region: string;
}

/**
 * The ARNs by which a policy means the secret of an address. Six characters of chance end the ARN of every secret, and a name may end as
 * if it did (`clinic-backup`): an ARN that may be whole is granted as it is, and as one without its end.
 */
export function secretArns({ secret, region }: AddressConfig, home: SecretHome): string[] {
  if (secret === undefined) return [];
  if (!secret.startsWith('arn:'))
    return [`arn:${home.partition}:secretsmanager:${region ?? home.region}:${home.account}:secret:${secret}-??????`];
  return [...(/-[A-Za-z0-9]{6}$/.test(secret) ? [secret] : []), `${secret}-??????`];
}

/** As few lists as policies can hold, none longer than one of them may be. */
export function inPolicies(arns: readonly string[]): string[][] {
  const lists: string[][] = [];
  let left = 0;
  for (const arn of new Set(arns)) {
    const letters = arn.length + '"",'.length;
    if (letters > left || lists.length === 0) {
      lists.push([]);
      left = LETTERS_OF_ARNS;
    }
    lists.at(-1)?.push(arn);
    left -= letters;
  }
  return lists;
}

/** Why the role of a backup could not be given all the secrets; nothing where it can. */
export function secretMistakes(addresses: readonly AddressConfig[], { region }: Pick<SecretHome, 'region'>): string[] {
  const home = { partition: partitionOf(region), account: ANY_ACCOUNT, region };
  const arns = addresses.flatMap((address) => secretArns(address, home));
  const needed = inPolicies(arns).length;
  if (needed <= MOST_SECRET_POLICIES) return [];
  const secrets = new Set(addresses.flatMap(({ secret }) => secret ?? [])).size;
  return [
    `databases: the ARNs of ${secrets} secrets fill ${needed} policies, and a role has room for ${MOST_SECRET_POLICIES}; name secrets without their ARN (half the room), or make it two projects`,
  ];
}
