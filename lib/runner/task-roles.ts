import type { IRole, ManagedPolicy } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { databasesOfVault } from '../../engine/config/vault-plans.ts';
import { addressesOf, restoreAddressesOf } from '../../engine/domain/stack-addresses.ts';
import type { ConfigAsset } from '../config-asset.ts';
import type { Installation } from '../installation.ts';
import type { EvidenceAccess } from '../vault/evidence-access.ts';
import type { VaultAccess } from '../vault-access.ts';
import { loginPolicies } from './login-policies.ts';
import { managedRole } from './managed-role.ts';
import { readerRole } from './reader-role.ts';
import { looksAtSnapshots } from './snapshot-statements.ts';

export const TASK_KINDS = ['backup', 'verify', 'drill', 'restore'] as const;
export type TaskKind = (typeof TASK_KINDS)[number];

/** Kinds that read one set, by a role of their own for that. */
type ReadingKind = Extract<TaskKind, 'drill' | 'restore'>;

export interface TaskRolesProps {
  installation: Installation;
  access: VaultAccess;
  evidence: EvidenceAccess;
  config: ConfigAsset;
}

/**
 * One role a kind of task: who writes can't read, who reads can't log in to a database; a restore alone does both,
 * and it alone has the logins of `restoreAs`. Drills and restores
 * read by a second role, which is narrowed to one set.
 */
export class TaskRoles extends Construct {
  readonly roles: Readonly<Record<TaskKind, IRole>>;
  readonly readers: Readonly<Record<ReadingKind, IRole>>;

  constructor(scope: Construct, id: string, props: TaskRolesProps) {
    super(scope, id);
    const { access, evidence, installation } = props;
    const databases = databasesOfVault(installation.config, installation.aws).map(
      ([, database]) => database,
    );
    const logins = loginPolicies(this, { addresses: addressesOf(databases), installation });
    const restoreLogins = loginPolicies(new Construct(this, 'RestoreAs'), {
      addresses: restoreAddressesOf(databases),
      installation,
    });
    this.roles = {
      backup: this.#role('backup', { ...props, says: 'creates backups', logins }),
      verify: this.#role('verify', { ...props, says: 'reads backups back and locks them' }),
      drill: this.#role('drill', { ...props, says: 'restores backups into a throw-away server' }),
      restore: this.#role('restore', {
        ...props,
        says: 'restores backups into databases',
        logins: [...logins, ...restoreLogins],
      }),
    };
    this.readers = { drill: this.#reader('drill', props), restore: this.#reader('restore', props) };
    access.grantBackup(this.roles.backup);
    access.grantVerify(this.roles.verify);
    access.grantDrill(this.roles.drill);
    evidence.grantReceipts(this.roles.drill);
    access.grantRestore(this.roles.restore);
    access.grantReader(this.readers.drill, { isThawing: false });
    access.grantReader(this.readers.restore, { isThawing: true });
  }

  #reader(kind: ReadingKind, { installation }: TaskRolesProps): IRole {
    return readerRole(this, `${kind}-reader`, {
      roleName: installation.names.resource(`${kind}-reader`),
      description: `Holdfast ${installation.config.project}: reads the one backup of a ${kind}`,
      reads: this.roles[kind],
    });
  }

  #role(kind: TaskKind, { installation, config, says, logins = [] }: TaskRoleProps): IRole {
    const role = managedRole(this, kind, {
      service: 'ecs-tasks.amazonaws.com',
      roleName: installation.names.resource(kind),
      description: `Holdfast ${installation.config.project}: ${says}`,
      statements: kind === 'verify' ? looksAtSnapshots(installation) : [],
      whyWildcards: 'RDS lists all snapshots of a region.',
      managedPolicies: logins,
    });
    config.grantRead(role);
    return role;
  }
}

interface TaskRoleProps extends TaskRolesProps {
  says: string;
  logins?: ManagedPolicy[];
}
