import type { AddressConfig } from '../config/database-schema.ts';
import type { PlanConfig } from '../config/plan-schema.ts';
import type { Config } from '../config/schema.ts';
import { HoldfastError } from '../errors.ts';

export interface StackLogin {
  database: string;
  /** restore: the login of `restoreAs`, where there is one. */
  source: PlanConfig['source'] | 'restore';
}

/** A task has no file and no variable of a person's machine: what logs it in is a secret or its own role. @throws HoldfastError CONFIG_INVALID. */
export function assertStackLogin(
  { databases }: Pick<Config, 'databases'>,
  { database, source }: StackLogin,
): void {
  const own = databases[database];
  const address: Pick<AddressConfig, 'secret' | 'iam'> | undefined = {
    primary: own,
    replica: own?.replica,
    restore: own?.restoreAs ?? own,
  }[source];
  if (address === undefined || (address.secret ?? address.iam) !== undefined) return;
  throw new HoldfastError({
    code: 'CONFIG_INVALID',
    message: `database "${database}" has no login that works in AWS`,
    hint: `Set databases.${database}.secret (Secrets Manager) or .iam, and deploy again (npx cdk deploy --all).`,
  });
}
