/** Command lines that `--help` shows, by command; those of `holdfast --help` stand under its own name. */
export const EXAMPLES: Readonly<Record<string, readonly string[]>> = {
  holdfast: ['doctor', 'backup', 'drill', 'restore latest-proven --table users --to clinic'],
  init: [
    'init --url postgresql://backup@db.example.com/clinic',
    'init --url postgresql://backup@db.example.com/clinic --bucket clinic-backups/nightly',
  ],
  keygen: ['keygen --break-glass'],
  backup: ['backup', 'backup clinic --plan nightly', 'backup --exclude-table audit_log --hold'],
  show: ['show latest', 'show clinic/nightly/latest --json'],
  verify: [
    'verify latest',
    'verify clinic/nightly/latest --repository cloud',
    'verify --rotate --share 1/30',
  ],
  drill: ['drill', 'drill clinic --repository cloud', 'drill --backup 20261122T020000Z-7f3a'],
  restore: [
    'restore latest-proven --table users --to clinic',
    'restore latest-proven --table users --as users_restored --to clinic',
    'restore latest-proven --to clinic --overwrite clinic --end-sessions',
    'restore latest-proven --to clinic --create',
    'restore latest --to postgresql://postgres@newhost/clinic --create --roles --dry-run',
  ],
  export: ['export latest --out clinic.sql', 'export latest --archive --out clinic.dump'],
  hold: ['hold 20261122T020000Z-7f3a --reason "before the migration"'],
  accept: ['accept 20261122T020000Z-7f3a --reason "old rows were archived"'],
  copy: ['copy latest --to cloud'],
  prune: ['prune', 'prune --apply'],
  audit: [
    'audit --since 90d --database clinic',
    'audit --format sql | psql -d records',
    'audit disposals --since 2026-01-01',
    'audit seal',
    'audit verify --public-key signing-1f0e0d0c0b0a0908.pem',
  ],
  report: [
    'report --month 2026-11',
    'report verify 2026-11 --public-key auditor/signing-0123456789abcdef.pem',
  ],
  runbook: ['runbook > DR-PLAN.md'],
  schedule: [
    'schedule',
    'schedule --install',
    'schedule --env-file backup.env --install',
    'schedule --uninstall',
  ],
};

/** The paragraph behind the options; empty where the options say it all. */
export function exampleText(command: string): string {
  const examples = EXAMPLES[command] ?? [];
  if (examples.length === 0) return '';
  return ['', 'Examples:', ...examples.map((words) => `  $ holdfast ${words}`)].join('\n');
}
