import type { LoadedConfig } from '../engine/composition/load-config.ts';
import { didYouMean } from '../engine/domain/text/did-you-mean.ts';
import { HoldfastError } from '../engine/errors.ts';

/** The database a person named, or the only one. @throws HoldfastError USAGE, CONFIG_NOT_FOUND. */
export function chooseDatabase({ config, path }: LoadedConfig, named: string | undefined): string {
  const names = Object.keys(config.databases);
  const chosen = named ?? (names.length === 1 ? names[0] : undefined);
  if (chosen !== undefined && names.includes(chosen)) return chosen;
  if (names.length === 0 && path === undefined) {
    throw new HoldfastError({
      code: 'CONFIG_NOT_FOUND',
      message: 'there is no config file and no DATABASE_URL',
      hint: 'Set DATABASE_URL=postgresql://user@host/database, or run `holdfast init`.',
    });
  }
  const message =
    named === undefined
      ? 'the config has more than one database'
      : `there is no database "${named}"`;
  const hint = `${didYouMean(named ?? '', names)}Name one: ${names.join(', ')}.`;
  throw new HoldfastError({ code: 'USAGE', message, hint });
}
