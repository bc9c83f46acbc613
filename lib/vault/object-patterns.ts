import { PREFIX } from '../../engine/contract.ts';
import type { AuditOperation } from '../../engine/domain/audit-record.ts';
import type { Mark, SealedMark } from '../../engine/domain/set/mark-name.ts';

/** The id of any set, as policies match it. */
export const ANY_SET_ID = '????????T??????Z-????';

/** Condition key of the object that a message of the Encryption SDK is for (AWS KMS Developer Guide, "Condition keys"). */
export const OBJECT = 'kms:EncryptionContext:object';

/** Names of marks, as the encryption context of their seals has them. */
export function sealsOf(...names: SealedMark[]): string[] {
  return names.map((mark) => `${mark}-*.json`);
}

/** Objects beside a manifest, by which a role says what it found. */
export function marks(...names: Mark[]): string[] {
  return names.map((mark) => `*/*/*/${mark}-*.json`);
}

/** Audit records of one operation, as `auditKey` names them: nobody writes down what somebody else would have done. */
export function recordsOf(operation: AuditOperation): string {
  return `${PREFIX.audit}/*-${operation}.json`;
}
