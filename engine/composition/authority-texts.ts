import { X509Certificate } from 'node:crypto';
import { authorityFiles, type ReadAuthorities } from '../config/authorities.ts';
import type { AwsConfig } from '../config/aws-schema.ts';
import { databasesOfVault } from '../config/vault-plans.ts';
import { readSmallFile } from '../files/read-small-file.ts';
import type { LoadedConfig } from './load-config.ts';

/** The authorities of the databases that the stack logs in to, for tasks that have not the files. */
export async function authorityTexts(
  { config, resolvePath }: LoadedConfig,
  aws: AwsConfig,
): Promise<ReadAuthorities> {
  const texts: Record<string, string> = {};
  const mistakes: string[] = [];
  for (const { path, where } of authorityFiles(databasesOfVault(config, aws))) {
    const text = await readSmallFile(resolvePath(path)).then(
      (bytes) => bytes.toString('utf8'),
      () => undefined,
    );
    if (text !== undefined && isCertificate(text)) texts[path] = text;
    else
      mistakes.push(
        `${where}: ${path} ${text === undefined ? 'can not be read' : 'holds no certificate (PEM)'}, and its text goes to the tasks`,
      );
  }
  return { texts, mistakes };
}

/** At least the first one. */
function isCertificate(text: string): boolean {
  try {
    new X509Certificate(text);
    return true;
  } catch {
    return false;
  }
}
