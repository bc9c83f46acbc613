import type { IRole, ManagedPolicy } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { databasesOfPlans } from '../../engine/config/vault-plans.ts';
import type { ConfigAsset } from '../config-asset.ts';
import type { Installation } from '../installation.ts';
import type { VaultAccess } from '../vault-access.ts';
import { loginPolicies } from './login-policies.ts';
import { managedRole } from './managed-role.ts';

export const TASK_KINDS = ['backup', 'verify', 'drill', 'restore'] as const;
export type TaskKind = (typeof TASK_KINDS)[number];

export interface TaskRolesProps {
  installation: Installation;
  access: VaultAccess;
  config: ConfigAsset;
}

/** One role a kind of task: who writes can't read, who reads can't log in to a database. A restore alone does both. */
export class TaskRoles extends Construct {
  readonly roles: Readonly<Record<TaskKind, IRole>>;

  constructor(scope: Construct, id: string, props: TaskRolesProps) {
    super(scope, id);
    const { access, installation } = props;
    const logins = loginPolicies(this, { databases: databasesOf(installation), region: installation.aws.region });
    this.roles = {
      backup: this.#role('backup', { ...props, says: 'creates backups', logins }),
      verify: this.#role('verify', { ...props, says: 'reads backups back and locks them' }),
      drill: this.#role('drill', { ...props, says: 'restores backups into a throw-away server' }),
      restore: this.#role('restore', { ...props, says: 'restores backups into databases', logins }),
    };
    access.grantBackup(this.roles.backup);
    access.grantVerify(this.roles.verify);
    access.grantDrill(this.roles.drill);
    access.grantRestore(this.roles.restore);
  }

  #role(kind: TaskKind, { installation, config, says, logins = [] }: TaskRoleProps): IRole {
    const role = managedRole(this, kind, {
      service: 'ecs-tasks.amazonaws.com',
      roleName: installation.names.resource(kind),
      description: `Holdfast ${installation.config.project}: ${says}`,
      statements: [],
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

function databasesOf({ config, plans }: Installation) {
  return databasesOfPlans(config, plans).map(([, database]) => database);
}
