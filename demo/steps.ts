/** One step of the demo: what a person would type, and what it proves. */
export interface Step {
  title: string;
  args: string[];
  /** SQL that runs first and is shown: the disaster. */
  sql?: string;
  proves: string;
  /** A warning of `check` does not end the demo: the disk of this machine may be full. */
  mayWarn?: true;
}

export const STEPS: readonly Step[] = [
  {
    title: 'Is everything there that a backup needs?',
    args: ['doctor'],
    proves:
      'the role may read every table, no pooler or row-level security is in the way, the clocks agree, the repository takes files',
  },
  {
    title: 'Take a backup',
    args: ['backup', '--label', 'demo'],
    proves:
      'one snapshot, dumped, compressed and encrypted without touching the disk in clear; the sealed manifest came last',
  },
  {
    title: 'What is in the repository?',
    args: ['list'],
    proves: 'STORED: it is there. That is not yet a backup',
  },
  {
    title: 'Read it back',
    args: ['verify', 'latest'],
    proves: 'CHECKED: every object has its SHA-256, decrypts with the key, and parses to its end',
  },
  {
    title: 'Restore it into a throw-away server and judge it',
    args: ['drill', '--tester', 'demo'],
    proves:
      'PROVEN: it restores, every row count is equal, every key and index holds, the newest vitals are young, your own SQL passes',
  },
  {
    title: 'The disaster: somebody wipes a table',
    sql: 'TRUNCATE vitals_samples',
    args: ['restore', 'latest-proven', '--table', 'vitals_samples', '--to', 'clinic'],
    proves: 'one table is back in the living database, and nothing else was touched',
  },
  {
    title: 'How well is the clinic protected now?',
    args: ['check', '--scorecard'],
    mayWarn: true,
    proves:
      'how many copies there are, when each was read and proven, what would be lost, how long a restore takes, and what the 3-2-1 rule still misses',
  },
];
