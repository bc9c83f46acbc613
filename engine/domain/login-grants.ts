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

export interface LoginMistakesOptions extends Pick<LoginHome, 'region'> {
  /** The addresses of `restoreAs`: the role of restores has their logins beside those of backups. */
  restoreAddresses?: readonly AddressConfig[];
}

/** Why a role could not be given all the logins; nothing where it can. */
export function loginMistakes(
  addresses: readonly AddressConfig[],
  { region, restoreAddresses = [] }: LoginMistakesOptions,
): string[] {
  const home = { partition: partitionOf(region), account: ANY_ACCOUNT, region };
  const own = policiesFor(addresses, home);
  const restores = policiesFor(restoreAddresses, home);
  // The keys of secrets are a policy of their own, for which a role has room once.
  const needed = own.count + restores.count + (own.hasSecrets && restores.hasSecrets ? 1 : 0);
  if (needed <= MOST_LOGIN_POLICIES) return [];
  const all = [...addresses, ...restoreAddresses];
  const count = (of: readonly (string | undefined)[], what: string) => {
    const found = new Set(of.filter((one) => one !== undefined)).size;
    return found === 0 ? [] : [`${found} ${what}`];
  };
  const logins = [
    ...count(
      all.map(({ secret }) => secret),
      'secrets',
    ),
    ...count(all.map(userOfToken), 'users with iam'),
  ];
  return [
    `databases: the ARNs of ${logins.join(' and ')} fill ${needed} policies, and a role has room for ${MOST_LOGIN_POLICIES}; name secrets without their ARN (half the room), give databases with iam the same user, or make it two projects`,
  ];
}

function policiesFor(
  addresses: readonly AddressConfig[],
  home: LoginHome,
): { count: number; hasSecrets: boolean } {
  const secrets = addresses.flatMap((address) => secretArns(address, home));
  const tokens = addresses.flatMap((address) => tokenArns(address, home));
  return {
    count: inPolicies(secrets).length + inPolicies(tokens).length,
    hasSecrets: secrets.length > 0,
  };
}
