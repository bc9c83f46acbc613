import { type Command, holdfast, holdfastWith, line, shell } from './commands.ts';
import type { RepositoryFacts, RunbookFacts } from './facts.ts';
import { toNewServer } from './machine-scenarios.ts';
import { codeSpan } from './markdown.ts';
import { type Scenario, type Step, step } from './scenario.ts';
import { shellWord } from './shell-words.ts';

/** The cloud account is closed, locked or in the hands of somebody else. */
export function accountLost(facts: RunbookFacts): Scenario {
  const outside = facts.repositories.filter((one) => !isInAws(one));
  const own = facts.repositories.filter(isInAws);
  const usesAws = own.length > 0 || facts.keys.kms !== null || facts.stack !== null;
  const steps = usesAws ? withoutAccount(facts, outside) : [noAccount(facts)];
  return {
    id: 'account-gone',
    title: 'The account is gone',
    signs: 'The AWS account is closed or suspended, nobody can log in, or somebody else has it.',
    steps,
  };
}

function noAccount({ host, user }: RunbookFacts): Step {
  return step(
    `No repository and no key of this installation is in a cloud account, so backups do not depend on one. If the login ${codeSpan(user)} on ${codeSpan(host)} is what you lost, go on with "Holdfast is gone".`,
  );
}

function withoutAccount(facts: RunbookFacts, outside: readonly RepositoryFacts[]): Step[] {
  const { stack, keys } = facts;
  const elsewhere = stack?.replica?.account ?? null;
  return [
    step(
      'Call AWS support from the root address of the account (https://aws.amazon.com/support), and have it restored: a closed account can be reopened for 90 days.',
    ),
    ...(elsewhere === null || stack?.replica == null
      ? []
      : [
          step(
            `A copy of every set is in another account: bucket ${codeSpan(stack.replica.bucket)} of account ${codeSpan(elsewhere)}, ${stack.replica.region}. Use credentials of that account, and the file \`region.yaml\` of "The region is gone". The envelope key was in the lost account, so add the option \`--break-glass-key\` as below.`,
          ),
        ]),
    ...(outside.length === 0
      ? [nothingOutside(elsewhere !== null)]
      : [
          step(
            'These repositories are outside the account:',
            outside.map(({ name }) => holdfast(facts, '--repository', name, 'list')),
          ),
          step(
            `Restore from them. ${keys.kms === null ? 'The key is a file and does not depend on the account.' : breakGlassSentence(facts)}`,
            outside.flatMap((repository) => restoreFrom(facts, repository)),
          ),
        ]),
  ];
}

function restoreFrom(facts: RunbookFacts, { name }: RepositoryFacts): Command[] {
  const needsOther = facts.keys.kms !== null && facts.keys.breakGlass !== null;
  const more = needsOther ? ['--break-glass-key', privateHalf(facts)] : [];
  return facts.databases.map((database) =>
    toNewServer(facts, database, { before: ['--repository', name], more }),
  );
}

function nothingOutside(hasReplica: boolean): Step {
  return step(
    hasReplica
      ? 'No other repository of this config is outside the account.'
      : '**Nothing of this installation is outside the account: without it, all backups are lost.** Change that today: add a repository elsewhere (a folder on another machine, a bucket of another account or provider), name it in the plans, and make a break-glass pair (`holdfast keygen --break-glass`).',
  );
}

function breakGlassSentence({ keys }: RunbookFacts): string {
  if (keys.breakGlass !== null)
    return 'The KMS key is gone with the account. Bring the private break-glass key and its passphrase from their safes:';
  return keys.keyFile === null
    ? '**The only key is in KMS, in the lost account, and there is no break-glass pair: nothing opens these sets until the account is back.**'
    : 'The KMS key is gone with the account; the key file opens the sets too.';
}

/** Nothing opens the sets any more, or so it seems. */
export function keyLost(facts: RunbookFacts): Scenario {
  return {
    id: 'key-gone',
    title: 'The key is gone',
    signs: 'Commands end with `KEY_MISSING`, `KEY_INVALID`, `KEY_MISMATCH` or `KEY_UNUSABLE`.',
    steps: [
      ...(facts.keys.keyFile === null ? [] : keyFileBack(facts, facts.keys.keyFile)),
      ...kmsBack(facts),
      byBreakGlass(facts),
      nextKey(facts),
    ],
  };
}

function keyFileBack(facts: RunbookFacts, keyFile: string): Step[] {
  return [
    step(
      'Do not make a new key in its place: it opens no old set. Put your safe copy of the key file back (its path in place of `COPY`):',
      [
        line(`install -m 600 COPY ${shellWord(keyFile)}`),
        holdfast(facts, 'doctor'),
        ...facts.repositories.map(({ name }) =>
          holdfast(facts, '--repository', name, 'verify', verifiedSet(facts)),
        ),
      ],
    ),
  ];
}

function verifiedSet({ databases }: RunbookFacts): string {
  const [first] = databases;
  return databases.length === 1 || first === undefined || /^-|\//.test(first.name)
    ? 'latest'
    : `${first.name}/latest`;
}

function kmsBack({ keys, stack }: RunbookFacts): Step[] {
  const key = keys.kms ?? stack?.keyAlias ?? null;
  if (key === null) return [];
  const region = stack === null || key.startsWith('arn:') ? [] : ['--region', stack.region];
  return [
    step(
      'Disabled, or scheduled for deletion? A deletion waits at least 7 days and can be cancelled until then. `describe-key` shows the state and the key id, which stands in place of `KEY`:',
      [
        shell('aws', 'kms', 'describe-key', '--key-id', key, ...region),
        shell('aws', 'kms', 'cancel-key-deletion', ...region, '--key-id', 'KEY'),
        shell('aws', 'kms', 'enable-key', ...region, '--key-id', 'KEY'),
      ],
    ),
    ...(stack?.replica == null
      ? []
      : [
          step(
            `The same key exists in ${stack.replica.region} too, and opens every set there: see "The region is gone".`,
          ),
        ]),
  ];
}

function byBreakGlass(facts: RunbookFacts): Step {
  if (facts.keys.breakGlass === null)
    return step(
      '**There is no break-glass pair: without a copy of the key, no set can be opened by anybody.** If the key still works, make a pair today (`holdfast keygen --break-glass`), name its public half in `keys.breakGlass`, and put the private half and its passphrase into two safes. It opens backups that are taken from then on.',
    );
  return step(
    'No copy of the key? Bring the private break-glass key and its passphrase from their safes. It opens every set that was taken since `keys.breakGlass` was set. It asks for the passphrase:',
    facts.databases.map((database) =>
      toNewServer(facts, database, { more: ['--break-glass-key', privateHalf(facts)] }),
    ),
  );
}

/** What new backups are encrypted with. */
function nextKey({ keys }: RunbookFacts): Step {
  if (keys.keyFile === null)
    return step(
      'When all is running again: new backups need a key that exists. Make a new KMS key (best a multi-Region key), name it in `keys.kms`, and take a backup.',
    );
  return step(
    'When all is running again: new backups need a key that exists. A repository refuses any other key file than its own (`KEY_MISMATCH`), so if the key file is lost for good, make a new one (`holdfast keygen`) and begin a new folder or prefix in the config. Keep the old one as long as its sets may be needed.',
  );
}

/** As the private half was called when the pair was made. */
function privateHalf({ keys }: RunbookFacts): string {
  const name = keys.breakGlass?.split('/').at(-1) ?? '';
  return name.endsWith('.pub') ? name.slice(0, -'.pub'.length) : 'break-glass.pem';
}

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

/** A bucket without an endpoint of its own is one of AWS. */
export function isInAws({ store }: RepositoryFacts): boolean {
  return store.kind === 'bucket' && store.endpoint === null;
}
