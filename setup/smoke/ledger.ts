import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ROOT } from '../cdk.ts';
import { type Proof, type Proven, type Smoke, tryProof } from './proof.ts';
import { READ_PROOFS } from './read-proofs.ts';
import { RUNNER_PROOFS } from './runner-proofs.ts';
import { SIGNATURE_PROOF } from './signature-proof.ts';
import { IMAGE_PROOFS, TASK_PROOFS } from './task-proofs.ts';
import { VAULT_PROOFS } from './vault-proofs.ts';

export const PROOFS: readonly Proof[] = [
  ...VAULT_PROOFS,
  ...RUNNER_PROOFS,
  ...READ_PROOFS,
  ...TASK_PROOFS,
  SIGNATURE_PROOF,
  ...IMAGE_PROOFS,
];

/** Proofs of what no row asks for begin so. */
const BEYOND = 'beyond the list: ';

/** First cells of the tables below the headings of docs/NOT-YET-PROVEN.md: what is to be proven. */
export async function rowsToProve(): Promise<string[]> {
  const document = await readFile(join(ROOT, 'docs/NOT-YET-PROVEN.md'), 'utf8');
  const tables = document.slice(document.indexOf('\n## '));
  const rows = tables.split('\n').flatMap((line) => /^\| (.+?) \| .+ \|$/.exec(line)?.[1] ?? []);
  return rows.filter((row) => row !== 'what' && !/^-+$/.test(row));
}

/** Each row with what came of it, and what was looked at beyond them. */
export async function proveAll(
  smoke: Smoke,
  { told }: { told: (proven: Proven) => void },
): Promise<Proven[]> {
  const all: Proven[] = [];
  const tell = (proven: Proven) => {
    all.push(proven);
    told(proven);
  };
  for (const row of await rowsToProve()) {
    const proof = PROOFS.find(({ about }) => row.startsWith(about));
    if (proof === undefined)
      tell({ about: row, outcome: 'skipped', why: 'nothing here looks at it' });
    else tell({ ...(await tryProof(proof, smoke)), about: row });
  }
  for (const proof of PROOFS.filter(({ about }) => about.startsWith(BEYOND)))
    tell({ ...(await tryProof(proof, smoke)), about: proof.about.slice(BEYOND.length) });
  return all;
}
