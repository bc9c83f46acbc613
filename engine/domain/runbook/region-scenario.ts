import { holdfast, holdfastWith, line, shell } from './commands.ts';
import { isInAws, type RunbookFacts } from './facts.ts';
import { toNewServer } from './machine-scenarios.ts';
import { codeSpan } from './markdown.ts';
import { type Scenario, type Step, step } from './scenario.ts';

/** One region of AWS does not answer. */
export function regionLost(facts: RunbookFacts): Scenario {
  const regions = regionsOf(facts);
  const steps =
    regions.length === 0
      ? [
          step(
            facts.repositories.length === 1
              ? `No repository of this installation is in a region of AWS. **There is one repository, ${facts.repositories.map(({ location }) => codeSpan(location)).join('')}: if its building is lost, so is every backup**, unless you copied that folder or bucket elsewhere. Mount the copy, name it in the config, and go on with "The server is lost".`
              : 'No repository of this installation is in a region of AWS. If a building with backups is lost, see which of these still answers, and go on with "The server is lost":',
            facts.repositories.map(({ name }) => holdfast(facts, '--repository', name, 'list')),
          ),
        ]
      : [
          step(
            `This installation depends on ${regions.map(codeSpan).join(', ')}. Look at https://health.aws.amazon.com/ first: most outages end within hours, and the backups are not lost by them. Decide with your objectives whether to wait.`,
          ),
          ...fromReplica(facts),
          ...fromOthers(facts, regions),
        ];
  return {
    id: 'region-gone',
    title: 'The region is gone',
    signs: 'Bucket, key and tasks of one region do not answer; AWS reports an outage there.',
    steps,
  };
}

function regionsOf({ repositories, stack }: RunbookFacts): string[] {
  const own = repositories.flatMap(({ store, name }) =>
    store.kind === 'bucket' && store.endpoint === null
      ? [stack?.vault === name ? stack.region : (store.region ?? 'the region of your AWS profile')]
      : [],
  );
  return [...new Set(own)];
}

/** The file by which commands read the replica instead of the vault. */
export const REPLICA_CONFIG = 'region.yaml';

function fromReplica(facts: RunbookFacts): Step[] {
  const { stack, repositories, project } = facts;
  if (stack?.replica == null) return [];
  const vault = repositories.find(({ name }) => name === stack.vault);
  const { bucket, region } = stack.replica;
  const prefix = vault?.store.kind === 'bucket' ? vault.store.prefix : null;
  const place = { bucket, ...(prefix === null ? {} : { prefix }), region };
  const config = {
    project,
    databases: {},
    repositories: { replica: place },
    plans: {},
    keys: { kms: stack.keyAlias },
  };
  const file = `cat > ${REPLICA_CONFIG} <<'END'\n${JSON.stringify(config, null, 2)}\nEND`;
  const replica = { ...facts, config: { path: REPLICA_CONFIG, envFile: null, variables: [] } };
  return [
    step(
      `The replica in ${codeSpan(region)} has every set, and the key exists there too. Write a config that names it:`,
      [line(file), shell('export', `AWS_REGION=${region}`)],
    ),
    step('See what it has, and restore onto a server in a region that works:', [
      holdfastWith(['--config', REPLICA_CONFIG, 'list']),
      ...facts.databases.map((database) =>
        toNewServer(replica, database, { set: namedSet(database.name, database.isDrilled) }),
      ),
    ]),
  ];
}

/** Named with its database: that config names none. */
function namedSet(name: string, isDrilled: boolean): string {
  return name.includes('/') ? 'ID' : `${name}/${isDrilled ? 'latest-proven' : 'latest'}`;
}

function fromOthers(facts: RunbookFacts, regions: readonly string[]): Step[] {
  const { repositories, stack } = facts;
  const others = repositories.filter((one) => !isInAws(one));
  const isSpread = regions.length > 1 || stack?.replica != null;
  if (others.length === 0 && !isSpread)
    return [
      step(
        '**All backups are in that one region.** Until it is back, nothing can be restored. Change that: add a repository in another region or elsewhere, and name it in the plans.',
      ),
    ];
  const usable =
    others.length > 0 ? others : repositories.filter(({ name }) => name !== stack?.vault);
  if (usable.length === 0) return [];
  return [
    step(
      `Repositories outside one region; a repository in the lost region is passed over with a note.${facts.keys.kms === null ? '' : ` The key ${codeSpan(facts.keys.kms)} must exist in another region (a multi-Region key), else add the option \`--break-glass-key\`.`}`,
      usable.flatMap(({ name }) => [
        holdfast(facts, '--repository', name, 'list'),
        ...facts.databases.map((database) =>
          toNewServer(facts, database, { before: ['--repository', name] }),
        ),
      ]),
    ),
  ];
}
