import type { AddressConfig } from '../config/database-schema.ts';
import { partitionOf } from './aws-region.ts';
import { userOfToken } from './stack-addresses.ts';

/** What IAM takes: 6,144 characters a managed policy without white space, less what stands around a list of ARNs. */
const LETTERS_OF_ARNS = 6144 - 144;
/** A role takes ten policies, of which restores have four for all else. */
export const MOST_LOGIN_POLICIES = 6;

/** As long as any other. */
const ANY_ACCOUNT = '000000000000';

export interface LoginHome {
  partition: string;
  account: string;
  /** Of secrets that name no region themselves. */
  region: string;
}

/**
 * The ARNs by which a policy means the secret of an address. Six characters of chance end the ARN of every secret, and a name may end as
 * if it did (`clinic-backup`): an ARN that may be whole is granted as it is, and as one without its end.
 */
export function secretArns({ secret, region }: AddressConfig, home: LoginHome): string[] {
  if (secret === undefined) return [];
  if (!secret.startsWith('arn:'))
    return [
      `arn:${home.partition}:secretsmanager:${region ?? home.region}:${home.account}:secret:${secret}-??????`,
    ];
  return [...(/-[A-Za-z0-9]{6}$/.test(secret) ? [secret] : []), `${secret}-??????`];
}

/** The ARNs by which a policy means tokens of the user of an address: the resource id of an instance is not in its host name. */
export function tokenArns(
  address: AddressConfig,
  { partition, account }: Omit<LoginHome, 'region'>,
): string[] {
  const user = userOfToken(address);
  return user === undefined ? [] : [`arn:${partition}:rds-db:*:${account}:dbuser:*/${user}`];
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

/** Why the role of a backup could not be given all the logins; nothing where it can. */
export function loginMistakes(
  addresses: readonly AddressConfig[],
  { region }: Pick<LoginHome, 'region'>,
): string[] {
  const home = { partition: partitionOf(region), account: ANY_ACCOUNT, region };
  const secrets = addresses.flatMap((address) => secretArns(address, home));
  const tokens = addresses.flatMap((address) => tokenArns(address, home));
  const needed = inPolicies(secrets).length + inPolicies(tokens).length;
  if (needed <= MOST_LOGIN_POLICIES) return [];
  const count = (of: readonly (string | undefined)[], what: string) => {
    const found = new Set(of.filter((one) => one !== undefined)).size;
    return found === 0 ? [] : [`${found} ${what}`];
  };
  const logins = [
    ...count(
      addresses.map(({ secret }) => secret),
      'secrets',
    ),
    ...count(addresses.map(userOfToken), 'users with iam'),
  ];
  return [
    `databases: the ARNs of ${logins.join(' and ')} fill ${needed} policies, and a role has room for ${MOST_LOGIN_POLICIES}; name secrets without their ARN (half the room), give databases with iam the same user, or make it two projects`,
  ];
}
