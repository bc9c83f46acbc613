import { ENV } from '../contract.ts';
import { stackNames } from '../domain/stack-names.ts';
import type { CheckedKey } from '../ports/checked-key.ts';
import { keyPlaceOf } from './key-ring.ts';
import type { LoadedConfig } from './load-config.ts';
import { signingPlaceOf } from './signer.ts';

const OPENS = 'no backup can be taken, verified or restored with it';
const STORES = 'the store can neither write nor read objects';
const SIGNS = 'nothing can be signed';

/**
 * The keys that the config names: of the envelope, of signatures, and in a vault that a stack made those of the store, in both
 * regions. Key files are judged where the config or the environment names them: a machine that only checks has none. The first
 * backup makes a key file, so one is missed only where a repository holds sets.
 */
export function checkedKeys(
  loaded: LoadedConfig,
  { holdsSets }: { holdsSets: boolean },
): CheckedKey[] {
  return [...envelopeKeys(loaded, holdsSets), ...signingKeys(loaded), ...keysOfVault(loaded)];
}

function envelopeKeys(loaded: LoadedConfig, holdsSets: boolean): CheckedKey[] {
  const { config, env } = loaded;
  const { kms, keyFile } = keyPlaceOf(loaded);
  const isNamed = Boolean(env[ENV.keyFile] || config.keys.file);
  return [
    ...(kms === undefined
      ? []
      : [kmsKey(loaded, { name: 'envelope key', id: kms, stakes: OPENS })]),
    ...(keyFile === undefined || !isNamed
      ? []
      : [fileKey({ name: 'key file', id: keyFile, stakes: OPENS, mayBeAbsent: !holdsSets })]),
  ];
}

function signingKeys(loaded: LoadedConfig): CheckedKey[] {
  if (!(loaded.env[ENV.signingKey] || loaded.config.keys.signing)) return [];
  const place = signingPlaceOf(loaded);
  const named = { name: 'signing key', stakes: SIGNS };
  return 'kms' in place
    ? [kmsKey(loaded, { ...named, id: place.kms })]
    : [fileKey({ ...named, id: place.file, mayBeAbsent: true })];
}

/** By the aliases that the stack gives them. */
function keysOfVault(loaded: LoadedConfig): CheckedKey[] {
  const { aws, project, repositories } = loaded.config;
  if (aws === undefined || repositories[aws.repository]?.bucket === undefined) return [];
  const { envelopeAlias, sseAlias, replicaAlias, ...others } = stackNames(project);
  const { region, replica } = aws;
  const here = (name: string, id: string, stakes: string) =>
    kmsKey(loaded, { name, id, stakes, region });
  const own = [
    here('store key', sseAlias, STORES),
    here('key of the ledger', others.ledgerAlias, 'no entry of the ledger can be signed'),
    here('key of evidence', others.evidenceAlias, 'no report and no receipt can be signed'),
  ];
  if (replica === 'none') return own;
  const there = { region: replica.region };
  return [
    ...own,
    kmsKey(loaded, {
      ...{ name: `envelope key in ${replica.region}`, id: envelopeAlias, ...there },
      stakes: 'no set can be opened there when this region is gone',
    }),
    ...(replica.bucketArn === undefined
      ? [
          kmsKey(loaded, {
            ...{ name: `store key in ${replica.region}`, id: replicaAlias, ...there },
            stakes: 'nothing can be copied there',
          }),
        ]
      : []),
  ];
}

type Named = Omit<CheckedKey, 'ask'>;

/** The SDK of KMS is loaded where a key of KMS is named only. */
function kmsKey(
  { env }: LoadedConfig,
  { region, ...named }: Named & { region?: string },
): CheckedKey {
  return {
    ...named,
    ask: async () => {
      const { askKmsKey } = await import('../adapters/kms-key-state.ts');
      return askKmsKey(named.id, { env, region });
    },
  };
}

function fileKey(named: Named): CheckedKey {
  return {
    ...named,
    ask: async () => {
      const { askKeyFile } = await import('../adapters/key-file-state.ts');
      return askKeyFile(named.id);
    },
  };
}
