import { type IRole, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { MANIFEST_NAME, PREFIX } from '../../engine/contract.ts';
import { LEDGER_PREFIX } from '../../engine/domain/audit/ledger-entry.ts';
import { ANY_SET_ID, recordsOf } from './object-patterns.ts';
import { VaultStatements, type VaultStatementsProps } from './vault-statements.ts';

/** Keys of KMS that sign. */
export interface SigningKeys {
  /** Of entries of the ledger. */
  ledger: IKey;
  /** Of monthly reports and of receipts of drills. */
  evidence: IKey;
}

export interface EvidenceAccessProps extends VaultStatementsProps {
  keys: SigningKeys;
}

const PUBLIC_KEYS = `${PREFIX.keys}/signing-*.pem`;

/** What the roles that sign may do in the vault. None of them opens a set. */
export class EvidenceAccess {
  readonly keys: SigningKeys;
  readonly #vault: VaultStatements;

  constructor({ keys, ...vault }: EvidenceAccessProps) {
    this.keys = keys;
    this.#vault = new VaultStatements(vault);
  }

  /** Reads audit records, seals them into the ledger, and records a config that is new. */
  grantLedger(role: IRole): void {
    this.#grant(role, [
      this.#vault.onBucket(['s3:ListBucket']),
      this.#vault.onObjects(['s3:GetObject'], [`${PREFIX.audit}/*`, PUBLIC_KEYS]),
      this.#vault.onObjects(
        ['s3:PutObject'],
        [`${LEDGER_PREFIX}*.json`, recordsOf('config'), PUBLIC_KEYS],
      ),
      signsWith(this.keys.ledger),
      this.#vault.storeEncryption(['kms:Decrypt', 'kms:GenerateDataKey']),
    ]);
  }

  /** Reads what a report is made of, also until when the newest sets are locked, and writes reports. */
  grantReport(role: IRole): void {
    const { audit, drills, evidence } = PREFIX;
    const ofSets = `*/*/${ANY_SET_ID}`;
    const records = [audit, drills, evidence].map((prefix) => `${prefix}/*`);
    this.#grant(role, [
      this.#vault.onBucket(['s3:ListBucket', 's3:GetBucketObjectLockConfiguration']),
      this.#vault.onObjects(['s3:GetObject'], [`${ofSets}/*.json`, ...records, PUBLIC_KEYS]),
      this.#vault.onObjects(['s3:GetObjectRetention'], [`${ofSets}/${MANIFEST_NAME}`]),
      this.#vault.onObjects(['s3:PutObject'], [`${evidence}/*`, recordsOf('report'), PUBLIC_KEYS]),
      signsWith(this.keys.evidence),
      this.#vault.storeEncryption(['kms:Decrypt', 'kms:GenerateDataKey']),
    ]);
  }

  /** Signs the receipts of drills, which lie where their reports do. It reads nothing for that. */
  grantReceipts(role: IRole): void {
    this.#grant(role, [
      this.#vault.onObjects(['s3:PutObject'], [PUBLIC_KEYS]),
      signsWith(this.keys.evidence),
    ]);
  }

  #grant(role: IRole, statements: PolicyStatement[]): void {
    this.#vault.grant(role, { id: 'Evidence', statements });
  }
}

function signsWith({ keyArn }: IKey): PolicyStatement {
  return new PolicyStatement({ actions: ['kms:GetPublicKey', 'kms:Sign'], resources: [keyArn] });
}
