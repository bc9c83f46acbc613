import { systemClock } from '../adapters/system-clock.ts';
import type { Context, NamedRepository } from '../operations/context.ts';
import type { Stack } from './from-stack.ts';
import { repositoriesOf } from './repositories.ts';

/** The vault and the clock, for functions that open no set and so need no key. */
export async function stackVault({
  loaded,
}: Stack): Promise<{ vault: NamedRepository } & Pick<Context, 'repository' | 'clock'>> {
  const [vault] = (await repositoriesOf(loaded)) as [NamedRepository];
  return { vault, repository: vault.repository, clock: systemClock };
}
