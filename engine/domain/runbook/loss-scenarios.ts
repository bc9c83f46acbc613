import { ENV } from '../../contract.ts';
import { type Command, holdfast, line, needsStackKey, shell } from './commands.ts';
import { isInAws, type RepositoryFacts, type RunbookFacts } from './facts.ts';
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
            [
              ...(needsStackKey(facts) ? [shell('unset', ENV.kmsKey)] : []),
              ...outside.flatMap((repository) => restoreFrom(facts, repository)),
            ],
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
        ...openedByFile(facts).map(({ name }) =>
          holdfast(facts, '--repository', name, 'verify', verifiedSet(facts)),
        ),
      ],
    ),
  ];
}

/** The vault of a stack is encrypted for a key of its own. */
function openedByFile(facts: RunbookFacts): readonly RepositoryFacts[] {
  const { repositories, stack } = facts;
  return needsStackKey(facts)
    ? repositories.filter(({ name }) => name !== stack?.vault)
    : repositories;
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
