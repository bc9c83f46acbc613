import { describe, expect, it } from 'vitest';
import { repeatOptions } from '../../engine/domain/text/repeat-options.ts';

const HINT = 'Run `holdfast verify ID`; `crontab -l` shows more, and `holdfast remote check` too.';

describe('a hint', () => {
  it('repeats the config and the env file of its run in each of its commands', () => {
    expect(repeatOptions(HINT, { config: 'a b.yaml', envFile: '/etc/db.env' })).toBe(
      "Run `holdfast --config 'a b.yaml' --env-file /etc/db.env verify ID`; `crontab -l` shows more, and `holdfast --config 'a b.yaml' --env-file /etc/db.env remote check` too.",
    );
    expect(repeatOptions('`holdfast backup`', { envFile: '$1.env' })).toBe(
      "`holdfast --env-file '$1.env' backup`",
    );
  });

  it('stays as it is where none was given, or where its command has one', () => {
    const own = '`holdfast check --config /etc/holdfast.yaml`';
    expect(repeatOptions(HINT, {})).toBe(HINT);
    expect(repeatOptions(own, { config: 'x.yaml' })).toBe(own);
    const help = '`holdfast --help` and `holdfast COMMAND --help`';
    expect(repeatOptions(help, { config: 'x.yaml' })).toBe(help);
  });
});
