import type { Manifest } from '../domain/manifest.ts';
import { HoldfastError } from '../errors.ts';
import type { Toolset } from '../postgres/tools.ts';

/** Major version of the pg_dump that wrote the archives. */
export function archiveMajor({ tools, source }: Manifest): number {
  return Number.parseInt(tools.pg_dump ?? '', 10) || Math.floor(source.serverVersionNum / 10_000);
}

/**
 * pg_restore reads archives of its own and older majors, and writes what servers of its own and newer majors take: so one between
 * the archive's major and the target's, as near to the target as there is.
 * @throws HoldfastError TARGET_UNFIT, TOOLS_MISSING.
 */
export function chooseRestoreTools(
  toolsets: readonly Toolset[],
  { manifest, targetMajor }: { manifest: Manifest; targetMajor: number },
): Toolset {
  const oldest = archiveMajor(manifest);
  if (targetMajor < oldest) {
    throw new HoldfastError({
      code: 'TARGET_UNFIT',
      message: `the target is PostgreSQL ${targetMajor}, older than the dump (${oldest})`,
      hint: `Restore into a server of version ${oldest} or newer.`,
    });
  }
  const best = toolsets.filter(({ major }) => major >= oldest && major <= targetMajor).at(-1);
  if (best !== undefined) return best;
  throw new HoldfastError({
    code: 'TOOLS_MISSING',
    message: `no pg_restore between version ${oldest} and ${targetMajor} is installed`,
    hint: `Install the client programs, for example: apt-get install postgresql-client-${targetMajor}`,
  });
}

/** Any pg_restore that can read the archives, to parse them. @throws HoldfastError TOOLS_MISSING. */
export function chooseParser(toolsets: readonly Toolset[], manifest: Manifest): Toolset {
  const oldest = archiveMajor(manifest);
  const tools = toolsets.find(({ major }) => major >= oldest);
  if (tools !== undefined) return tools;
  throw new HoldfastError({
    code: 'TOOLS_MISSING',
    message: `no pg_restore of version ${oldest} or newer is installed`,
    hint: `Install the client programs, for example: apt-get install postgresql-client-${oldest}`,
  });
}
